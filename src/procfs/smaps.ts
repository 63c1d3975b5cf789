/**
 * /proc/PID/smaps: of each mapping, what /proc/PID/maps does not show.
 *
 * Source: proc_pid_smaps(5); fs/proc/task_mmu.c, show_smap_vma_flags.
 */
import type { Range } from './maps.ts';

/** Neighbouring mappings with the same attributes; sorted, no two neighbours alike. */
export interface AttributeRange extends Range {
  /** The kernel's two letters for each flag, as in `rd wr mr mw me ac`. */
  readonly flags: ReadonlySet<string>;
  /** The protection key: pkeys(7). */
  readonly key: number;
}

const FLAGS = Buffer.from('\nVmFlags: ');
const KEY = 'ProtectionKey:';
/** The kernel sets these by itself. */
const PASSING = new Set(['sd', 'gu']);
/** Of sets that have been met: some tens of thousands of bytes. Chosen. */
const SETS_MAX = 1000;
/** Those that the kernel names before `uw`. */
const BEFORE_WATCH = new Set(['rd', 'wr', 'ex', 'sh', 'mr', 'mw', 'me', 'ms', 'gd', 'um', 'pf']);
/** One for all that are alike, however they are written, of all that is read. */
const sets = new Map<string, ReadonlySet<string>>();

/**
 * @param bytes the whole file; no byte of a name can be taken for a line's beginning
 * @param watched where mappings begin that are to count as under a userfaultfd (`uw`)
 */
export function parseSmaps(bytes: Buffer, watched?: ReadonlySet<number>): AttributeRange[] {
  const ranges: AttributeRange[] = [];
  if (sets.size > SETS_MAX) sets.clear();
  for (let start = 0; start < bytes.length;) {
    const at = bytes.indexOf(FLAGS, start);
    if (at < 0) break;
    const end = bytes.indexOf(0x0a, at + FLAGS.length);
    if (end < 0) break;
    const range = parseRange(bytes, start);
    const told = bytes.toString('latin1', at + FLAGS.length, end);
    const text = watched?.has(range.start) === true ? addWatch(told) : told;
    const flags = sets.get(text) ?? parseFlags(text);
    append(ranges, { ...range, flags, key: parseKey(bytes, at) });
    start = end + 1;
  }
  return ranges;
}

/** As the kernel would have written it. */
function addWatch(text: string): string {
  const flags = text.split(' ');
  const index = flags.findIndex((flag) => !BEFORE_WATCH.has(flag));
  return flags.toSpliced(index < 0 ? flags.length : index, 0, 'uw').join(' ');
}

function parseFlags(text: string): ReadonlySet<string> {
  const flags = text.split(' ').filter((flag) => flag !== '' && !PASSING.has(flag));
  const key = flags.join(' ');
  const known = sets.get(key) ?? new Set(flags);
  sets.set(key, known);
  sets.set(text, known);
  return known;
}

function parseRange(bytes: Buffer, from: number): Range {
  const space = bytes.indexOf(0x20, from);
  const [start = '', end = ''] = bytes.toString('latin1', from, space).split('-');
  return { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) };
}

/** The key has the line before the flags, where the processor has keys. */
function parseKey(bytes: Buffer, end: number): number {
  const line = bytes.toString('latin1', bytes.lastIndexOf(0x0a, end - 1) + 1, end);
  return line.startsWith(KEY) ? Number(line.slice(KEY.length)) : 0;
}

function append(ranges: AttributeRange[], next: AttributeRange): void {
  const last = ranges.at(-1);
  if (last?.end === next.start && last.flags === next.flags && last.key === next.key) {
    ranges[ranges.length - 1] = { ...last, end: next.end };
  } else ranges.push(next);
}
