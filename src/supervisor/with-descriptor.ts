/** A look at a descriptor of the program's, through one of our own. */
import type { TracedProcess } from '../engine/traced-process.ts';
import { useAndClose } from '../sys/file.ts';
import { getDescriptor } from '../sys/pidfd.ts';

/** What `look` finds; undefined: there is no such descriptor. */
export function withDescriptor<Result>(
  process_: TracedProcess,
  fd: number,
  look: (own: number) => Result,
): Result | undefined {
  return useAndClose(getDescriptor(process_.group.living, fd), look);
}
