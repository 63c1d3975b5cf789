/**
 * Gives back what starting up has left resident: most of Node's own code is never used again.
 *
 * Only executable mappings of files: nothing in them was ever written, so that what is needed after
 * all comes back from the page cache.
 */
import { readFileSync } from 'node:fs';
import { parseMaps } from '../procfs/maps.ts';
import { madviseDontneed } from '../sys/mmap.ts';

export function giveBackCode(): void {
  for (const mapping of parseMaps(readFileSync('/proc/self/maps', 'latin1'))) {
    if (!mapping.executable || mapping.writable || mapping.inode === 0) continue;
    madviseDontneed(mapping.start, mapping.end - mapping.start);
  }
}
