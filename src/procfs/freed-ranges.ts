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
const SHARED = Buffer.from('\nShared_Dirty:');
const OWN = Buffer.from('\nPrivate_Dirty:');
const ANONYMOUS = Buffer.from('\nAnonymous:');
const [SPACE, ZERO] = [0x20, 0x30];

/** @param smaps the whole file */
export function listFreedRanges(smaps: Buffer): Range[] {
  const ranges: Range[] = [];
  for (let from = 0; from < smaps.length;) {
    const last = smaps.indexOf(LAST_LINE, from);
    if (last < 0) break;
    if (isAnyClean(smaps, from, last)) ranges.push(readRange(smaps, from));
    from = smaps.indexOf(0x0a, last + 1) + 1;
    if (from === 0) break;
  }
  return ranges;
}

/** The kernel tells of dirty pages first. */
function isAnyClean(smaps: Buffer, from: number, end: number): boolean {
  const anonymous = smaps.indexOf(ANONYMOUS, from);
  if (anonymous < 0 || anonymous >= end) return false;
  const kb = readKb(smaps, anonymous + ANONYMOUS.length);
  if (kb === 0) return false;
  const shared = smaps.indexOf(SHARED, from);
  const own = smaps.indexOf(OWN, shared);
  return kb > readKb(smaps, shared + SHARED.length) + readKb(smaps, own + OWN.length);
}

/** Behind some spaces. Digit by digit: there are many mappings. */
function readKb(smaps: Buffer, from: number): number {
  let at = from;
  let kb = 0;
  while (smaps[at] === SPACE) at += 1;
  for (; ; at += 1) {
    const digit = (smaps[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return kb;
    kb = kb * 10 + digit;
  }
}

function readRange(smaps: Buffer, from: number): Range {
  const [start = '', end = ''] = smaps.toString('latin1', from, from + 40).split(/[- ]/);
  return { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) };
}
