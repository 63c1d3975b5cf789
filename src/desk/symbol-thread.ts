/**
 * Asks the thread that reads symbols, and does not wait for it longer than a record may wait.
 *
 * One question is under way at a time. After ANSWER_MS the record goes without names, and so do
 * those that follow until the thread has answered: a large program's first index may take longer.
 * After GIVE_UP_MS, or out of memory, the thread is ended, and that file is not read again.
 */
import { Worker } from 'node:worker_threads';
import { ownFile } from '../own-file.ts';
import type { SymbolizedAddress, SymbolizeRequest } from '../symbols/symbolize.ts';

/** Chosen: below the 3 s that the end of the program waits for its log; a thread has to begin. */
export const ANSWER_MS = 2500;
/** Chosen: the line tables of a browser take some seconds. */
export const GIVE_UP_MS = 20_000;
/** Chosen: then what has been learnt of files is given back. */
const IDLE_MS = 30_000;
/** Chosen: for JavaScript's heap; buffers are bounded where they are made. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };
/** Chosen: more files that break us are looked at again. */
const AVOIDED_MAX_COUNT = 256;

export type Lookup =
  | { readonly kind: 'found'; readonly place: SymbolizedAddress | undefined }
  | { readonly kind: 'unnamed'; readonly why: string };

interface Question {
  readonly path: string;
  readonly settle: (lookup: Lookup) => void;
  readonly answerTimer: NodeJS.Timeout;
  readonly giveUpTimer: NodeJS.Timeout;
}

export class SymbolThread {
  readonly #answerMs: number;
  readonly #giveUpMs: number;
  readonly #avoided = new Set<string>();
  #worker: Worker | undefined;
  #question: Question | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(answerMs: number = ANSWER_MS, giveUpMs: number = GIVE_UP_MS) {
    this.#answerMs = answerMs;
    this.#giveUpMs = giveUpMs;
  }

  /** Never throws, and answers within ANSWER_MS. */
  lookUp(request: SymbolizeRequest, path: string): Promise<Lookup> {
    if (this.#avoided.has(path)) return unnamed('its symbols could not be read before');
    if (this.#question !== undefined) return unnamed('other symbols are still being read');
    const worker = (this.#worker ??= this.#begin());
    clearTimeout(this.#idleTimer);
    return new Promise((settle) => {
      const late: Lookup = { kind: 'unnamed', why: 'reading its symbols takes too long' };
      this.#question = {
        path,
        settle,
        answerTimer: setTimeout(settle, this.#answerMs, late),
        giveUpTimer: setTimeout(() => {
          this.#fail(worker, 'reading its symbols took too long');
        }, this.#giveUpMs).unref(),
      };
      worker.postMessage(request);
    });
  }

  /** Ends the thread, whatever it does. */
  close(): void {
    const worker = this.#worker;
    clearTimeout(this.#idleTimer);
    if (worker !== undefined) this.#fail(worker, 'the supervisor ends');
  }

  #begin(): Worker {
    const file = ownFile('desk/symbol-worker');
    const worker = new Worker(file, { resourceLimits: RESOURCE_LIMITS, stderr: true });
    worker.unref();
    worker.on('message', (place: SymbolizedAddress | undefined) => {
      if (worker === this.#worker) this.#settle({ kind: 'found', place });
    });
    worker.on('error', (error) => {
      this.#fail(worker, `its symbols cannot be read: ${whyOf(error)}`);
    });
    worker.on('exit', () => {
      this.#fail(worker, 'its symbols cannot be read: the thread ended');
    });
    return worker;
  }

  #settle(lookup: Lookup): void {
    const question = this.#question;
    this.#question = undefined;
    clearTimeout(question?.answerTimer);
    clearTimeout(question?.giveUpTimer);
    question?.settle(lookup);
    this.#idleTimer = setTimeout(() => {
      this.close();
    }, IDLE_MS).unref();
  }

  #fail(worker: Worker, why: string): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const path = this.#question?.path;
    if (path !== undefined && this.#avoided.size < AVOIDED_MAX_COUNT) this.#avoided.add(path);
    this.#settle({ kind: 'unnamed', why });
    void worker.terminate();
  }
}

function unnamed(why: string): Promise<Lookup> {
  return Promise.resolve({ kind: 'unnamed', why });
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
