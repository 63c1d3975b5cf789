/** What is in mappings that may be shared and have no file: anonymous ones, memfds, System V's. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { Mapping } from './checker.ts';
import type { Entry } from './kernel-state.ts';
import { mergeMappings } from './merge-mappings.ts';

const PAGE = 4096;
const WITHOUT_FILE = /^\/(dev\/zero|memfd:|SYSV)/;

/** Pages behind the end of a memfd cannot be read: they are told apart. */
function digest(memory: number, { start, end }: Mapping): string {
  const hash = createHash('sha1');
  const page = Buffer.alloc(PAGE);
  for (let at = start; at < end; at += PAGE) {
    try {
      readSync(memory, page, 0, PAGE, at);
      hash.update(page);
    } catch (error) {
      hash.update((error as NodeJS.ErrnoException).code ?? '?');
    }
  }
  return hash.digest('hex').slice(0, 16);
}

export function readSharedContents(pid: number, mappings: Mapping[]): Entry[] {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    return mergeMappings(mappings)
      .filter(({ permissions, path }) => permissions === 'rw-s' && WITHOUT_FILE.test(path))
      .map((mapping) => ({
        what: 'shared.content',
        whose: `${mapping.path.replace(/ .*/, '')} at ${mapping.start.toString(16)}`,
        value: digest(memory, mapping),
      }));
  } finally {
    closeSync(memory);
  }
}
