/**
 * Of /proc/PID/smaps: mappings with pages that the kernel may take at any moment, and leave zeros
 * there, until they are written to again (MADV_FREE).
 *
 * Nothing tells which pages they are. LazyFree tells of those that the kernel has made ready to be
 * taken, which it does some dozens at a time, and each processor by itself. But all of them are
 * anonymous and clean, which else only such are as have been read in from swap.
 *
 * Source: fs/proc/task_mmu.c, smaps_account; mm/madvise.c, madvise_free_pte_range.
 */
import type { Range } from './maps.ts';

const LAST_LINE = Buffer.from('\nVmFlags:');
const LABELS = ['\nShared_Dirty:', '\nPrivate_Dirty:', '\nAnonymous:'].map((it) => Buffer.from(it));

/** @param smaps the whole file */
export function listFreedRanges(smaps: Buffer): Range[] {
  const ranges: Range[] = [];
  for (let from = 0; from < smaps.length;) {
    const last = smaps.indexOf(LAST_LINE, from);
    if (last < 0) break;
    const [shared = 0, own = 0, anonymous = 0] = LABELS.map((label) =>
      readKb(smaps, label, from, last),
    );
    if (anonymous > shared + own) ranges.push(readRange(smaps, from));
    from = smaps.indexOf(0x0a, last + 1) + 1;
    if (from === 0) break;
  }
  return ranges;
}

/** 0: the mapping has no such line. */
function readKb(smaps: Buffer, label: Buffer, from: number, end: number): number {
  const at = smaps.indexOf(label, from);
  if (at < 0 || at >= end) return 0;
  return Number.parseInt(smaps.toString('latin1', at + label.length, at + label.length + 16), 10);
}

function readRange(smaps: Buffer, from: number): Range {
  const [start = '', end = ''] = smaps.toString('latin1', from, from + 40).split(/[- ]/);
  return { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) };
}
