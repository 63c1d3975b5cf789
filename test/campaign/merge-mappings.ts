/** Mappings as a program sees them: where the kernel cuts them in two says nothing. */
import type { Mapping } from './checker.ts';

/** Neighbours of the same sort as one: how the kernel splits them is nobody's promise. */
export function mergeMappings(mappings: Mapping[]): Mapping[] {
  const merged: Mapping[] = [];
  for (const next of mappings) {
    const last = merged.at(-1);
    const continues =
      last?.end === next.start &&
      last.permissions === next.permissions &&
      last.path === next.path &&
      last.device === next.device &&
      last.inode === next.inode &&
      (next.inode === 0 || last.offset + (last.end - last.start) === next.offset);
    if (continues) last.end = next.end;
    else merged.push({ ...next });
  }
  return merged;
}
