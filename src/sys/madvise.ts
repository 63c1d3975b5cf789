/**
 * What madvise(2) may be asked for.
 *
 * @see https://man7.org/linux/man-pages/man2/madvise.2.html
 */
export const MADV_NORMAL = 0;
export const MADV_RANDOM = 1;
export const MADV_SEQUENTIAL = 2;
export const MADV_DONTNEED = 4;
/** A hole in what is mapped. */
export const MADV_REMOVE = 9;
export const MADV_DONTFORK = 10;
export const MADV_DOFORK = 11;
export const MADV_MERGEABLE = 12;
export const MADV_UNMERGEABLE = 13;
export const MADV_HUGEPAGE = 14;
export const MADV_NOHUGEPAGE = 15;
export const MADV_DONTDUMP = 16;
export const MADV_DODUMP = 17;
export const MADV_WIPEONFORK = 18;
export const MADV_KEEPONFORK = 19;
/** Linux 5.14: as if all of it were written to, without changing it. */
export const MADV_POPULATE_WRITE = 23;
/** Linux 5.18: as DONTNEED, for locked memory as well. */
export const MADV_DONTNEED_LOCKED = 24;
/** Linux 6.13: whatever touches it gets SIGSEGV. */
export const MADV_GUARD_INSTALL = 102;
export const MADV_GUARD_REMOVE = 103;
