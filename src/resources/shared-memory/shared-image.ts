/** The content of shared memory as plain data: which objects there are, and their pages. */
import type { PageDelta } from '../../points/page-history.ts';

/** An object of the kernel's that holds memory: what all its mappings and descriptors lead to. */
export interface SharedObjectImage {
  /** Device and inode, and whether it is a System V segment. */
  readonly key: string;
  /** As /proc/PID/maps or /proc/PID/fd has it, its bytes as latin1. */
  readonly path: string;
  /** Where the program had it: an address, or a descriptor. */
  readonly place: string;
  readonly sizeBytes: number;
  /** As fcntl(2) has them. */
  readonly seals: number;
  /** The number of its first page: those of all objects are in one row. -1: it is not held. */
  readonly firstPage: number;
  /** Why its content was not saved, in words; undefined: it was. */
  readonly unsaved: string | undefined;
}

export interface SharedMemoryImage {
  readonly objects: readonly SharedObjectImage[];
  /**
   * The versions of their pages: as long as this process has them, or by number; undefined: it had
   * never had shared memory.
   */
  readonly pages: PageDelta | readonly (readonly [page: number, slot: number])[] | undefined;
}

export function isSameObject(one: SharedObjectImage, other: SharedObjectImage): boolean {
  return (
    one.key === other.key &&
    one.path === other.path &&
    one.place === other.place &&
    one.sizeBytes === other.sizeBytes &&
    one.seals === other.seals &&
    one.firstPage === other.firstPage &&
    one.unsaved === other.unsaved
  );
}
