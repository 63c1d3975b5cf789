/**
 * Offsets that go on where the program goes back: what has been written since is not to be written
 * over.
 *
 * - Standard output and error, where they are files: lines of a log.
 * - Files that others write to through the same open file: one offset is theirs as well. Open files
 *   come to others by fork(2), mostly under the same number; so the program's parent, its children
 *   and its parent's other children are looked at, as often as the offset of a file has changed.
 *   What is only read from is the program's to read again: its offset goes back, whoever has it.
 */
import { O_ACCMODE, O_APPEND } from '../../sys/descriptor-flags.ts';
import { isSameFile as areOneFile } from '../../sys/process.ts';
import { findRelatives, linksOf } from '../relatives.ts';
import type { Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { isSameFile, type DescriptorImage, type DescriptorsImage } from './descriptor-image.ts';

export class KeptOffsets {
  /** Standard output and error as they were at the first point, where they are files. */
  private streams: DescriptorsImage | undefined = undefined;
  /** Told of in the log: by number and name. */
  private readonly told = new Set<string>();

  /** A point is made. */
  note(table: DescriptorsImage): void {
    this.streams ??= table.filter(isOutput);
  }

  /** For one rollback: whether the offset goes on. What is told of for the first time: `named`. */
  keeper(stopped: Stopped, named: Named[]): (image: DescriptorImage) => boolean {
    if (stopped.takesSharedOffsetsBack) return () => false;
    let relatives: readonly number[] | undefined;
    return (image) => {
      if (this.streams?.some((stream) => isSameFile(stream, image)) === true) return true;
      if (image.kind !== 'path' || !isWritten(image) || (image.flags & O_APPEND) !== 0)
        return false;
      relatives ??= findRelatives(stopped);
      const other = relatives.find((relative) => hasIt(stopped.living, image, relative));
      if (other === undefined) return false;
      const { fd, link } = image;
      const who = `process ${other} has it for writing, too`;
      const text = `descriptor ${fd} (${link}): ${who}: its offset goes on`;
      if (!this.told.has(text)) named.push({ bit: 0, text });
      this.told.add(text);
      return true;
    };
  }
}

/** Written to, and with an offset of its own. */
function isOutput(image: DescriptorImage): boolean {
  return image.fd <= 2 && image.kind === 'path' && isWritten(image);
}

function isWritten({ flags }: DescriptorImage): boolean {
  return (flags & O_ACCMODE) !== 0;
}

/** Whether another process has the open file to which the number of the image leads now. */
function hasIt(tid: number, { fd, link }: DescriptorImage, other: number): boolean {
  const isIt = (number: number): boolean => areOneFile(tid, fd, other, number);
  return isIt(fd) || numbersOf(other, link).some(isIt);
}

/** The numbers by which a process has something of this name open. */
function numbersOf(pid: number, link: string): number[] {
  return [...linksOf(pid)].filter(([, name]) => name === link).map(([number]) => number);
}
