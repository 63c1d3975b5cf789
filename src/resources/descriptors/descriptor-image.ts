/**
 * One open descriptor as plain data: the number, which open file it leads to, and where in it.
 *
 * A file is known by mount, inode, handle, kind and access mode. The inode alone would not do: file
 * systems number theirs independently of each other, and give a deleted file's number to a new one.
 */
import { O_ACCMODE, O_PATH, SETTABLE_FLAGS } from '../../sys/descriptor-flags.ts';
import type { Owner } from '../../sys/f-owner.ts';

/** `path`: something in a file system; `anonymous`: what has no file behind it, as an eventfd. */
export type DescriptorKind = 'socket' | 'pipe' | 'epoll' | 'anonymous' | 'path';

export interface DescriptorImage {
  readonly fd: number;
  /** A bigint only where a number would not be exact. */
  readonly position: number | bigint;
  /** As in open(2), close-on-exec included. */
  readonly flags: number;
  readonly mountId: number;
  readonly inode: number;
  /** Of what is in a file system: tells it from later files of its inode number; or empty. */
  readonly handle: string;
  readonly kind: DescriptorKind;
  /** What /proc/PID/fd/N leads to, its bytes as latin1. */
  readonly link: string;
  /**
   * The same number for descriptors that share one open file description. Sockets and pipes have 0:
   * of these the inode tells.
   */
  readonly description: number;
  /** Of an epoll set what it watches, of an eventfd its counter, and the like, as fdinfo has it. */
  readonly content: Uint8Array | undefined;
  /** Of a file: the locks that were taken through this open file, as fdinfo has them. */
  readonly locks: Uint8Array | undefined;
  /** Who is signalled by it, where that is asked (owners.ts). */
  readonly owner: Owner | undefined;
}

const KINDS: readonly (readonly [prefix: string, kind: DescriptorKind])[] = [
  ['socket:', 'socket'],
  ['pipe:', 'pipe'],
  ['anon_inode:[eventpoll]', 'epoll'],
  ['anon_inode:', 'anonymous'],
];

export function kindOf(link: string): DescriptorKind {
  return KINDS.find(([prefix]) => link.startsWith(prefix))?.[1] ?? 'path';
}

/** All files of this kind share one inode: see `KnownFiles`. */
export function isAnonymous({ kind }: DescriptorImage): boolean {
  return kind === 'anonymous' || kind === 'epoll';
}

/** Devices of which each opening is a thing of its own, as the master of a terminal. */
const MAKERS = new Set(['/dev/ptmx', '/dev/pts/ptmx', '/dev/net/tun', '/dev/fuse', '/dev/uinput']);

/** Neither its inode nor its name tells it from others: see `KnownFiles`. */
export function isOneOfMany(image: DescriptorImage): boolean {
  return isAnonymous(image) || (image.kind === 'path' && MAKERS.has(image.link));
}

/** Devices, and what else no inode number is given twice for while it is open somewhere. */
export function isLasting(link: string): boolean {
  return link.startsWith('/dev/') || link.startsWith('/memfd:');
}

/** Reading, writing or both: what is fixed for as long as a file is open. */
export function accessOf(flags: number): number {
  return flags & (O_ACCMODE | O_PATH);
}

/** The same for numbers that lead to one open file: of sockets and pipes their flags tell. */
export function openFileOf({ description, inode, flags }: DescriptorImage): string {
  if (description !== 0) return String(description);
  return `${inode} ${accessOf(flags) | (flags & SETTABLE_FLAGS)}`;
}

/** Both lead to the same file, with the same rights: one can stand for the other. */
export function isSameFile(one: DescriptorImage, other: DescriptorImage): boolean {
  return (
    one.inode === other.inode &&
    one.mountId === other.mountId &&
    one.handle === other.handle &&
    one.kind === other.kind &&
    accessOf(one.flags) === accessOf(other.flags) &&
    (one.kind !== 'anonymous' || one.link === other.link)
  );
}

export type DescriptorsImage = readonly DescriptorImage[];
