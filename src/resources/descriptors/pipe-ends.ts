/**
 * Ends of pipes and FIFOs that the program has closed since: of those whose both ends it had at the
 * point. The inode of a pipe can be opened like a file, as often as one likes, and leads to the
 * same pipe; where nobody has an end any more, to an empty one with the same inode.
 *
 * An inode alone (O_PATH) is no end: no reader waits for it, and what was in the pipe is gone with
 * the last end. An end is noticed, when it comes and when it goes: readers see their end of file
 * vanish, sets report edges, SIGIO is sent. So it is opened after the commit, when nothing is given
 * up any more.
 *
 * Source: fs/pipe.c, fifo_open, pipe_release.
 */
import { O_ACCMODE, O_ASYNC, O_NONBLOCK, O_PATH, O_WRONLY } from '../../sys/descriptor-flags.ts';
import { setStatusFlags } from '../../sys/fcntl.ts';
import { close, open } from '../../sys/file.ts';
import { statKnown, typeOf } from '../../sys/statx.ts';
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';
import type { ClaimedFile, ClaimedFiles } from './plan-descriptors.ts';

const READS = 1;
const WRITES = 2;
const BOTH = READS | WRITES;
const NONE: ReadonlySet<number> = new Set();

/** Inodes of the pipes of a table, FIFOs apart, of which it has both ends. */
export function findWholePipes(table: DescriptorsImage): ReadonlySet<number> {
  let ends: Map<number, number> | undefined;
  for (const image of table) {
    if (image.kind !== 'pipe') continue;
    ends ??= new Map();
    ends.set(image.inode, (ends.get(image.inode) ?? 0) | endsOf(image));
  }
  if (ends === undefined) return NONE;
  return new Set([...ends].filter(([, found]) => found === BOTH).map(([inode]) => inode));
}

/**
 * What an end can be opened by when the time has come; undefined: others had the other end.
 *
 * @param own a descriptor of ours of its pipe (O_PATH)
 * @param wanted all of the point
 */
export function claimEnd(
  own: number,
  image: DescriptorImage,
  wanted: DescriptorsImage,
): ClaimedFile | undefined {
  const ends = wanted
    .filter((other) => isOfSamePipe(other, image))
    .reduce((all, other) => all | endsOf(other), 0);
  if (ends !== BOTH || (image.flags & O_PATH) !== 0) return undefined;
  const fd = open(`/proc/self/fd/${own}`, O_PATH);
  if (fd < 0) return undefined;
  return { fd, flags: image.flags & ~O_ASYNC, text: 'it is opened again', bit: 0 };
}

/** Another number of the program's leads to this pipe now: a descriptor of ours of it (O_PATH). */
export function openByOtherEnd(
  living: number,
  image: DescriptorImage,
  now: DescriptorsImage,
): number | undefined {
  const other = now.find((each) => isOfSamePipe(each, image) && endsOf(each) !== 0);
  if (other === undefined) return undefined;
  const own = open(`/proc/${living}/fd/${other.fd}`, O_PATH);
  if (own < 0) return undefined;
  if (isPipe(own)) return own;
  close(own);
  return undefined;
}

export function isPipe(own: number): boolean {
  const status = statKnown(own);
  return status !== undefined && typeOf(status) === 'pipe';
}

/** Files that are given to the program, the ends of pipes among them opened: a scope. */
export class OpenedEnds implements Disposable {
  /** But for those that could not be opened. */
  readonly files: ClaimedFiles;
  private readonly opened: number[] = [];

  constructor(claimed: ClaimedFiles) {
    const files = new Map<string, ClaimedFile>();
    // A FIFO without a reader is not opened for writing.
    const inTurn = [...claimed].sort(([, one], [, other]) => rankOf(one) - rankOf(other));
    for (const [key, file] of inTurn) {
      const fd = file.flags === undefined ? file.fd : this.open(file.fd, file.flags);
      if (fd >= 0) files.set(key, { ...file, fd });
    }
    this.files = files;
  }

  [Symbol.dispose](): void {
    for (const fd of this.opened) close(fd);
  }

  /** O_DIRECT is for the end of a pipe to be set, and not to be opened with. */
  private open(own: number, flags: number): number {
    const fd = open(`/proc/self/fd/${own}`, (flags & O_ACCMODE) | O_NONBLOCK);
    if (fd < 0) return fd;
    this.opened.push(fd);
    setStatusFlags(fd, flags);
    return fd;
  }
}

function rankOf({ flags }: ClaimedFile): number {
  return flags !== undefined && (flags & O_ACCMODE) === O_WRONLY ? 1 : 0;
}

function isOfSamePipe(one: DescriptorImage, other: DescriptorImage): boolean {
  return (
    one.kind === other.kind &&
    one.inode === other.inode &&
    one.mountId === other.mountId &&
    one.handle === other.handle
  );
}

function endsOf({ flags }: DescriptorImage): number {
  if ((flags & O_PATH) !== 0) return 0;
  const access = flags & O_ACCMODE;
  if (access === O_WRONLY) return WRITES;
  return access === 0 ? READS : BOTH;
}
