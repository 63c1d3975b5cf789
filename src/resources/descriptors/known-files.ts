/**
 * Knows open files of the program again, without holding them open.
 *
 * Anonymous files of one kind look alike: they share an inode, and what is told of them can be the
 * same. A copy of ours would tell them apart, but keep them open: one that the program has closed
 * would stay in its epoll sets and be reported there. A set of ours that watches the file does not
 * hold it, and kcmp(2) compares with what is watched; the entry vanishes with the open file.
 *
 * A set of ours adds one level to what the program nests: a chain of four sets is the longest.
 */
import { readFileSync } from 'node:fs';
import { epollAddSilent, epollCreate, EpollSlot } from '../../sys/epoll.ts';
import { close } from '../../sys/file.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import type { Task } from '../../tracee/target-memory.ts';
import type { Named } from '../resource.ts';
import { isOneOfMany, type DescriptorImage, type DescriptorsImage } from './descriptor-image.ts';
import { readDescriptorLimit } from './descriptor-limit.ts';

/** Chosen: what is more is compared by what is told of it. */
const KNOWN_MAX = 256;
/** Chosen: the share of the supervisor's own limit that one process may take. */
const KNOWN_SHARE = 0.125;
/** Chosen: so many numbers are named in the log. */
const NAMED_MAX = 8;

interface Known {
  readonly epoll: number;
  readonly slot: EpollSlot;
  /** Tables that have it. */
  uses: number;
}

export class KnownFiles {
  private readonly task: Task;
  /** By description. */
  private readonly files = new Map<number, Known>();
  private readonly tables = new Map<DescriptorsImage, readonly number[]>();
  private readonly max: number;

  constructor(task: Task) {
    this.task = task;
    const { soft } = readDescriptorLimit('self');
    this.max = Math.min(KNOWN_MAX, Math.floor(soft * KNOWN_SHARE));
  }

  /** A point has this table, which says what is open at the moment. */
  hold(table: DescriptorsImage): void {
    if (this.tables.has(table)) return;
    const used: number[] = [];
    for (const image of table)
      if (isOneOfMany(image) && this.add(image)) used.push(image.description);
    this.tables.set(table, used);
  }

  /** No point has this table any more. */
  release(table: DescriptorsImage): void {
    for (const description of this.tables.get(table) ?? []) {
      const known = this.files.get(description);
      if (known === undefined || (known.uses -= 1) > 0) continue;
      close(known.epoll);
      this.files.delete(description);
    }
    this.tables.delete(table);
  }

  /** Whether the number leads to the open file that the image's led to; undefined: not known. */
  isThat(fd: number, { description }: DescriptorImage): boolean | undefined {
    return this.files.get(description)?.slot.isWatched(this.task.living, fd);
  }

  isKnown({ description }: DescriptorImage): boolean {
    return this.files.has(description);
  }

  /** Whether somebody has the open file that the image's number led to, be it in the program. */
  isOpen({ description }: DescriptorImage): boolean {
    const known = this.files.get(description);
    if (known === undefined) return false;
    // What is watched leaves our set when nobody has it any more.
    return readFileSync(`/proc/self/fdinfo/${known.epoll}`, 'latin1').includes('\ntfd:');
  }

  /** The open file to which the number leads by now stands for that of the image from now on. */
  replace(image: DescriptorImage): void {
    const known = this.files.get(image.description);
    if (known === undefined) return;
    const made = this.watch(image.fd);
    close(known.epoll);
    if (made === undefined) this.files.delete(image.description);
    else this.files.set(image.description, { ...made, uses: known.uses });
  }

  /** Those of which nothing tells whether they are the point's. */
  nameUncertain(images: DescriptorsImage): Named[] {
    const fds = images
      .filter((image) => isOneOfMany(image) && !this.isKnown(image))
      .map(({ fd, link }) => `${fd} (${link})`);
    if (fds.length === 0) return [];
    const more = fds.length > NAMED_MAX ? `, and ${fds.length - NAMED_MAX} more` : '';
    const text =
      `nothing tells descriptors ${fds.slice(0, NAMED_MAX).join(', ')}${more} from others of ` +
      'their kind: they are taken for those of the point';
    return [{ bit: 0, text }];
  }

  close(): void {
    for (const { epoll } of this.files.values()) close(epoll);
    this.files.clear();
    this.tables.clear();
  }

  private add(image: DescriptorImage): boolean {
    const known = this.files.get(image.description);
    if (known !== undefined) {
      known.uses += 1;
      return true;
    }
    if (this.files.size >= this.max) return false;
    const made = this.watch(image.fd);
    if (made !== undefined) this.files.set(image.description, made);
    return made !== undefined;
  }

  private watch(fd: number): Known | undefined {
    const { living } = this.task;
    const copy = copyOf(living, fd);
    if (copy < 0) return undefined;
    const epoll = epollCreate();
    const isAdded = epoll >= 0 && epollAddSilent(epoll, copy) === 0;
    close(copy);
    if (epoll < 0) return undefined;
    const slot = new EpollSlot(epoll, copy);
    // Kernels without kcmp say that nothing is the same.
    if (isAdded && slot.isWatched(living, fd)) return { epoll, slot, uses: 1 };
    close(epoll);
    return undefined;
  }
}

/** -1: there is none, for lack of numbers or of rights. */
function copyOf(tid: number, fd: number): number {
  try {
    return getDescriptor(tid, fd);
  } catch {
    return -1;
  }
}
