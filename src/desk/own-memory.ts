/**
 * Gives back what has been left resident by what is over: by starting up, above all, and later by
 * compiling what runs often. Most of Node's own code and data is never used again, malloc keeps
 * what was freed, and each heap keeps room for as much garbage as there was.
 *
 * Soon after the start, so that short programs do not pay for it; then ever more rarely.
 */
import { readFileSync } from 'node:fs';
import { listCleanMappings } from '../procfs/clean-mappings.ts';
import { mallocTrim } from '../sys/malloc.ts';
import { madviseDontneed } from '../sys/mmap.ts';

/** Chosen: most commands of a shell have ended by then. */
const FIRST_MS = 1500;
/** Chosen: what is dropped is read again from the page cache, some milliseconds' worth. */
const LAST_MS = 60_000;

export class OwnMemory {
  #timer: NodeJS.Timeout | undefined;
  readonly #onRound: () => void;

  /** @param onRound has the other threads do the like */
  constructor(onRound: () => void) {
    this.#onRound = onRound;
  }

  /** From now on, until `stop`. */
  start(afterMs = FIRST_MS): void {
    this.#timer = setTimeout(() => {
      giveBack();
      this.#onRound();
      this.start(Math.min(2 * afterMs, LAST_MS));
    }, afterMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** `gc`, which is of this thread alone, is there with --expose-gc: bin/belay has that. */
export function collect(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  mallocTrim();
}

function giveBack(): void {
  collect();
  try {
    for (const { start, end } of listCleanMappings(readFileSync('/proc/self/smaps', 'latin1'))) {
      madviseDontneed(start, end - start);
    }
  } catch {
    // Without a descriptor for it all stays as it is.
  }
}
