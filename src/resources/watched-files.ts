/**
 * Which files the program itself watches, through inotify or fanotify: it is told when we open or
 * read one, and when nobody holds it any more, which must not wait for us.
 *
 * Source: proc_pid_fdinfo(5), inotify(7).
 */

const NOTIFIERS = new Set(['anon_inode:inotify', 'anon_inode:[fanotify]']);
const WATCH = /\bino:([0-9a-f]+) sdev:[0-9a-f]+ (?:mflags:[0-9a-f]+ )?mask:([0-9a-f]+)/g;
/** fanotify_mark(2): a mount or a file system, and all that is in it. */
const WIDE = /\bfanotify (?:mnt_id|sdev):[0-9a-f]+ mflags:[0-9a-f]+ mask:([0-9a-f]+)/g;
const ALL = -1;

/** What is to be known of a descriptor. */
interface Watching {
  readonly kind: string;
  readonly link: string;
  /** What fdinfo tells of watches. */
  readonly content: Uint8Array | undefined;
}

interface Watch {
  readonly inode: number;
  readonly mask: number;
}

/** What was found in fdinfo: it is the same bytes for as long as nothing changes. */
const known = new WeakMap<Uint8Array, readonly Watch[]>();

/**
 * Whether a file or directory is watched: by its inode number, which is near enough.
 *
 * @param mask for any of these events: IN_ACCESS and the like, which are FAN_ACCESS and the like
 */
export function findWatched(table: readonly Watching[], mask: number): (inode: number) => boolean {
  const inodes = new Set<number>();
  for (const { kind, link, content } of table) {
    if (kind !== 'anonymous' || content === undefined || !NOTIFIERS.has(link)) continue;
    const watches = known.get(content) ?? parseWatches(content);
    known.set(content, watches);
    for (const watch of watches) if ((watch.mask & mask) !== 0) inodes.add(watch.inode);
  }
  if (inodes.size === 0) return () => false;
  return inodes.has(ALL) ? () => true : (inode) => inodes.has(inode);
}

function parseWatches(content: Uint8Array): Watch[] {
  const text = Buffer.from(content).toString('latin1');
  const wide = [...text.matchAll(WIDE)].map(([, mask = '0']) => watchOf(ALL, mask));
  const narrow = [...text.matchAll(WATCH)].map(([, inode = '0', mask = '0']) => {
    return watchOf(Number.parseInt(inode, 16), mask);
  });
  return [...wide, ...narrow];
}

function watchOf(inode: number, mask: string): Watch {
  return { inode, mask: Number.parseInt(mask, 16) };
}
