/** The protection of a mapping, as mmap(2) and mprotect(2) take it. */
import type { Mapping } from '../../procfs/maps.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../sys/mmap.ts';

export function protectionOf(mapping: Mapping): number {
  return (
    (mapping.readable ? PROT_READ : 0) |
    (mapping.writable ? PROT_WRITE : 0) |
    (mapping.executable ? PROT_EXEC : 0)
  );
}
