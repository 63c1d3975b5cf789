/**
 * What `--verbose` says on the caller's standard error, which may be a pipe that nobody reads, or a
 * terminal that is held (Ctrl-S): whoever writes there may wait for ever.
 *
 * The descriptor is the program's, too, and so cannot be made non-blocking. Instead a process of
 * its own copies what comes by a pipe of ours, and waits in our place. What finds no room in that
 * pipe is left out, and counted: the log has it.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { openPipe } from '../sys/pipe.ts';
import { posixSpawn } from '../sys/process.ts';

const { O_NONBLOCK, O_WRONLY } = constants;
/** In bytes less than PIPE_BUF, 4096: such a line is written as a whole or not at all. */
const LINE_MAX_CHARS = 1200;

/**
 * Starts the process that copies to the descriptor `to`. It ends when it has copied what we wrote,
 * after our end.
 *
 * @returns the descriptor to write to
 * @throws SyscallError, or Node's error
 */
export function startCopier(to: number): number {
  const { readEnd, writeEnd } = openPipe();
  try {
    posixSpawn('/bin/sh', ['sh', '-c', 'exec cat'], readEnd, to);
    return openSync(`/proc/self/fd/${writeEnd}`, O_WRONLY | O_NONBLOCK);
  } finally {
    closeSync(readEnd);
    closeSync(writeEnd);
  }
}

export class CallerLines {
  readonly #fd: number | undefined;
  #leftOutCount = 0;

  /** @param fd as startCopier answers it; undefined: nothing is to be said */
  constructor(fd: number | undefined) {
    this.#fd = fd;
  }

  /** Never waits. */
  say(line: string): void {
    if (this.flush() && this.#try(line)) return;
    this.#leftOutCount += 1;
  }

  /** Says how many lines were left out, if that is possible now. True: there are none. */
  flush(): boolean {
    const count = this.#leftOutCount;
    if (count === 0) return true;
    const what = count === 1 ? '1 line is' : `${count} lines are`;
    if (!this.#try(`${what} left out here, since nobody read them: belay log has them`))
      return false;
    this.#leftOutCount = 0;
    return true;
  }

  #try(line: string): boolean {
    if (this.#fd === undefined) return true;
    const cut = line.length > LINE_MAX_CHARS ? `${line.slice(0, LINE_MAX_CHARS)}...` : line;
    try {
      writeSync(this.#fd, `belay: ${cut}\n`);
      return true;
    } catch {
      // There is no room, or nobody who copies any more.
      return false;
    }
  }
}
