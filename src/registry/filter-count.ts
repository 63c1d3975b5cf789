/**
 * How many filters of belay's a program has: one for each time that it was supervised, for life.
 * They must not be taken for filters of its own when it is attached to again.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile } from './small-file.ts';

const FILTERS_FILE = 'filters';
const FILE_MAX_BYTES = 16;

/** 0 where nothing is known of it. */
export function readFilterCount(directory: string): number {
  const text = readSmallFile(join(directory, FILTERS_FILE), FILE_MAX_BYTES)?.toString('latin1');
  return /^\d{1,4}\n$/.test(text ?? '') ? Number(text) : 0;
}

export function writeFilterCount(directory: string, count: number): void {
  writeFileSync(join(directory, FILTERS_FILE), `${count}\n`, { mode: 0o600 });
}
