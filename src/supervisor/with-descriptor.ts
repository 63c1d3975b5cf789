/** A look at a descriptor of the program's, through one of our own. */
import type { TracedProcess } from '../engine/traced-process.ts';
import { close } from '../sys/file.ts';
import { getDescriptor } from '../sys/pidfd.ts';

/** What `look` finds; undefined: there is no such descriptor. */
export function withDescriptor<Result>(
  process_: TracedProcess,
  fd: number,
  look: (own: number) => Result,
): Result | undefined {
  const own = getDescriptor(process_.group.living, fd);
  if (own < 0) return undefined;
  try {
    return look(own);
  } finally {
    close(own);
  }
}
