/**
 * Offsets that go on where the program goes back: what has been written since is not to be written
 * over.
 *
 * - Standard output and error, where they are files: lines of a log.
 * - Files that others write to through the same open file: one offset is theirs as well. Who has it
 *   is asked as often as the offset of a file has changed.
 *   What is only read from is the program's to read again: its offset goes back, whoever has it.
 */
import { O_ACCMODE, O_APPEND } from '../../sys/descriptor-flags.ts';
import type { Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { isSameFile, type DescriptorImage, type DescriptorsImage } from './descriptor-image.ts';
import { makeHolders } from './holders.ts';

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
    const holders = makeHolders(stopped);
    return (image) => {
      if (this.streams?.some((stream) => isSameFile(stream, image)) === true) return true;
      if (image.kind !== 'path' || !isWritten(image) || (image.flags & O_APPEND) !== 0)
        return false;
      const other = holders.find(image);
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
