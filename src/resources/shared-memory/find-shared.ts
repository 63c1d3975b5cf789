/**
 * The objects behind a program's shared mappings and descriptors that are memory: one for all the
 * places where it is mapped, and all the numbers that lead to it.
 */
import { isSegment, isSharedMemory, type Mapping } from '../../procfs/maps.ts';
import { O_ACCMODE } from '../../sys/descriptor-flags.ts';
import { deviceName, statKnownLink, typeOf } from '../../sys/statx.ts';
import { findWatched } from '../watched-files.ts';

const LEASE = /\bLEASE\b/;
const FOLDER = '/dev/shm/';
const LINKS = ['/memfd:', FOLDER];

/** What is to be known of a descriptor. */
export interface Leading {
  readonly fd: number;
  readonly flags: number;
  readonly kind: string;
  /** What /proc/PID/fd/N leads to, and the locks and leases that fdinfo tells of. */
  readonly link: string;
  readonly locks: Uint8Array | undefined;
  /** Of one that watches files, what fdinfo tells of that. */
  readonly content: Uint8Array | undefined;
}

export interface FoundObject {
  readonly key: string;
  /** As /proc/PID/maps has it. */
  readonly device: string;
  readonly inode: number;
  readonly isSegment: boolean;
  readonly path: string;
  /** Places where it is mapped, and numbers that lead to it. */
  readonly mappings: readonly Mapping[];
  readonly descriptors: readonly Leading[];
  /** The program can write to it as it is, or could by a call. */
  readonly isWritable: boolean;
  /** The program is told when it is opened or read by others. */
  readonly isWatched: boolean;
}

/** Whatever is watched for. */
const ANY = 0xffffffff;

/** Ids of segments and numbers of inodes are independent of each other. */
export function keyOf(mapping: Mapping): string {
  return nameKey(mapping.device, mapping.inode, isSegment(mapping));
}

function nameKey(device: string, inode: number, isOfSegment: boolean): string {
  return `${device}/${inode}${isOfSegment ? '/SYSV' : ''}`;
}

type Unjudged = Omit<FoundObject, 'isWatched'>;

export function findShared(
  tid: number,
  shared: readonly Mapping[],
  table: readonly Leading[],
): readonly FoundObject[] {
  const found = new Map<string, Unjudged>();
  for (const mapping of shared) {
    if (!isSharedMemory(mapping)) continue;
    const { device, inode, path, writable } = mapping;
    const isOfSegment = isSegment(mapping);
    const isWritable = writable || isOfSegment || path.endsWith('/zero (deleted)');
    add(found, {
      key: keyOf(mapping),
      device,
      inode,
      isSegment: isOfSegment,
      path,
      mappings: [mapping],
      descriptors: [],
      isWritable,
    });
  }
  for (const descriptor of table) {
    const { fd, flags, kind, link } = descriptor;
    if (kind !== 'path' || !LINKS.some((name) => link.startsWith(name))) continue;
    const file = statKnownLink(`/proc/${tid}/fd/${fd}`);
    if (file === undefined || typeOf(file) !== 'regular') continue;
    const device = deviceName(file.dev);
    add(found, {
      key: nameKey(device, file.ino, false),
      device,
      inode: file.ino,
      isSegment: false,
      path: link,
      mappings: [],
      descriptors: [descriptor],
      isWritable: (flags & O_ACCMODE) !== 0,
    });
  }
  if (found.size === 0) return [];
  const isWatched = findWatched(table, ANY);
  const folder = statKnownLink(`/proc/${tid}/root${FOLDER}`)?.ino ?? 0;
  return [...found.values()].map((each) => {
    const isNamed = each.path.startsWith(FOLDER);
    return { ...each, isWatched: isWatched(each.inode) || (isNamed && isWatched(folder)) };
  });
}

/** In words, for the log. */
export function placeOf({ mappings, descriptors, path }: FoundObject): string {
  const [mapping] = mappings;
  if (mapping === undefined) return `${path} (descriptor ${descriptors[0]?.fd ?? -1})`;
  return `${path} at 0x${mapping.start.toString(16)}-0x${mapping.end.toString(16)}`;
}

/** To open it would break the lease. */
export function isLeased({ descriptors }: FoundObject): boolean {
  return descriptors.some(({ locks }) => locks !== undefined && LEASE.test(textOf(locks)));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function add(found: Map<string, Unjudged>, one: Unjudged): void {
  const other = found.get(one.key);
  if (other === undefined) {
    found.set(one.key, one);
    return;
  }
  found.set(one.key, {
    ...other,
    mappings: [...other.mappings, ...one.mappings],
    descriptors: [...other.descriptors, ...one.descriptors],
    isWritable: other.isWritable || one.isWritable,
  });
}
