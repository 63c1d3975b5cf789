/**
 * Which files the program itself watches for their deletion, through inotify or fanotify: it is
 * told when nobody holds the file any more, and that must not wait for us.
 *
 * Source: proc_pid_fdinfo(5), inotify(7).
 */
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';

const NOTIFIERS = new Set(['anon_inode:inotify', 'anon_inode:[fanotify]']);
const WATCH = /\bino:([0-9a-f]+) sdev:[0-9a-f]+ (?:mflags:[0-9a-f]+ )?mask:([0-9a-f]+)/g;
/** The same bit for both. */
const DELETE_SELF = 0x400;
const NONE: ReadonlySet<number> = new Set();

export class WatchedFiles {
  private readonly known = new WeakMap<Uint8Array, ReadonlySet<number>>();

  /** Whether a file of the table is watched so: by its inode number, which is near enough. */
  finder(table: DescriptorsImage): (image: DescriptorImage) => boolean {
    const sets: ReadonlySet<number>[] = [];
    for (const { kind, link, content } of table) {
      if (kind !== 'anonymous' || content === undefined || !NOTIFIERS.has(link)) continue;
      const inodes = this.known.get(content) ?? parseInodes(content);
      this.known.set(content, inodes);
      if (inodes.size > 0) sets.push(inodes);
    }
    if (sets.length === 0) return () => false;
    return ({ inode }) => sets.some((inodes) => inodes.has(inode));
  }
}

function parseInodes(content: Uint8Array): ReadonlySet<number> {
  const found = [...Buffer.from(content).toString('latin1').matchAll(WATCH)]
    .filter(([, , mask = '0']) => (Number.parseInt(mask, 16) & DELETE_SELF) !== 0)
    .map(([, inode = '0']) => Number.parseInt(inode, 16));
  return found.length === 0 ? NONE : new Set(found);
}
