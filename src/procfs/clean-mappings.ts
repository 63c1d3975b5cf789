/**
 * Of /proc/PID/smaps: private mappings of files that nobody can write in, and of which no page was
 * ever written either, as relocation does. What is dropped of them comes back from the file.
 *
 * Source: proc_pid_smaps(5).
 */
import type { Range } from './maps.ts';

/** Of a mapping's first line: its range, when it is private, not writable, and has an inode. */
const CLEAN = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p [0-9a-f]+ \S+ [1-9]/;
const NEVER_WRITTEN = /^Anonymous: +0 kB$/m;
/** Each of the lines that follow begins with a name and a colon. */
const MAPPING = /^(?=[0-9a-f]+-[0-9a-f]+ )/m;

/** @param smaps the whole file */
export function listCleanMappings(smaps: string): Range[] {
  return smaps.split(MAPPING).flatMap((mapping) => {
    const [, start = '', end = ''] = CLEAN.exec(mapping) ?? [];
    if (start === '' || !NEVER_WRITTEN.test(mapping)) return [];
    return [{ start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) }];
  });
}
