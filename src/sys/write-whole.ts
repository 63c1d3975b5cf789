/** Writes text to a pipe or terminal that somebody else may have made non-blocking. */
import { writeSync } from 'node:fs';
import { pause } from './pause.ts';

/** Chosen: a reader that is slow is not kept waiting by it. */
const FULL_PAUSE_MS = 5;

/**
 * All of it, as slowly as it is read: nothing is left to a later turn, and lost when we end before.
 *
 * @throws Node's error with its code, EAGAIN excepted; a part may have been written
 * @see man 2 write
 */
export function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) {
    const length = tryWrite(fd, bytes, done);
    if (length === 0) pause(FULL_PAUSE_MS);
    done += length;
  }
}

/** 0: there is no room now. */
function tryWrite(fd: number, bytes: Buffer, start: number): number {
  try {
    return writeSync(fd, bytes, start);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
