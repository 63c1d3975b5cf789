/** Compares two readings of one process: bytes, mappings, threads, descriptors. */
import { type Mapping, type Memory, PAGE_SIZE, type Snapshot, type Thread } from './checker.ts';
import { compareKernelStates } from './kernel-state.ts';
import { mergeMappings } from './merge-mappings.ts';
import { registerName, threadStateName } from './wire.ts';

export interface Range {
  start: number;
  end: number;
}
export interface Difference {
  kind: 'memory' | 'register' | 'mapping' | 'attribute' | 'thread' | 'file' | 'state';
  /** Of `state`: the name of what differs. */
  what?: string;
  text: string;
}
export interface Exemptions {
  /** tsetjmp's own answer and the kernel's notes of each thread's processor (rseq). */
  ranges: Range[];
  /** Threads whose place is not compared. */
  elsewhere?: readonly number[];
  /** Signals that wait at one moment and not at the next, and mean nothing. */
  fleeting?: bigint;
  /** Where the target dumped the registers: a difference there is named as a register's. */
  frame?: number;
}

/** In each rseq area: the fields in which the kernel notes where the thread last ran. */
export function processorNotes(areas: number[]): Range[] {
  return areas
    .filter((at) => at !== 0)
    .flatMap((at) => [
      { start: at, end: at + 8 },
      { start: at + 20, end: at + 28 },
    ]);
}

const ZEROS = Buffer.alloc(PAGE_SIZE);
const hex = (value: number): string => `0x${value.toString(16)}`;

export function formatMapping(mapping: Mapping): string {
  const { start, end, permissions, offset, device, inode, path } = mapping;
  const range = `${start.toString(16)}-${end.toString(16)}`;
  return `${range} ${permissions} ${hex(offset)} ${device} ${inode} ${path}`;
}

function compareLists(
  kind: Difference['kind'],
  before: string[],
  after: string[],
  what = '',
): Difference[] {
  const was = new Set(before);
  const is = new Set(after);
  return [
    ...before
      .filter((line) => !is.has(line))
      .map((line) => ({ kind, text: `missing: ${what}${line}` })),
    ...after
      .filter((line) => !was.has(line))
      .map((line) => ({ kind, text: `new: ${what}${line}` })),
  ];
}

export function compareMappings(before: Mapping[], after: Mapping[]): Difference[] {
  const lines = (mappings: Mapping[]): string[] => mergeMappings(mappings).map(formatMapping);
  return compareLists('mapping', lines(before), lines(after));
}

/** Ranges with flags of the program's own, whatever is mapped there: neighbours are one. */
export function compareAttributes(before: Mapping[], after: Mapping[]): Difference[] {
  const lines = (mappings: Mapping[]): string[] => {
    const ranges: { start: number; end: number; flags: string }[] = [];
    for (const { start, end, flags = '' } of mappings) {
      const last = ranges.at(-1);
      if (last?.end === start && last.flags === flags) last.end = end;
      else if (flags !== '') ranges.push({ start, end, flags });
    }
    return ranges.map(({ start, end, flags }) => `${hex(start)}-${hex(end)} ${flags}`);
  };
  return compareLists('attribute', lines(before), lines(after));
}

/** Calls that the kernel resumes as `restart_syscall` (219) after a stop. */
const RESTARTED = new Set(['7', '35', '202', '230']);
const RESTART_SYSCALL = '219';
const SYSCALL_INSTRUCTION_SIZE = 2;

/**
 * Is the thread where it was? A stopped one may stand just before its call instead of in it, and
 * one that spins may be at either instruction of its loop.
 */
export function sameCall(before: string, after: string): boolean {
  if (before === after) return true;
  const [was = '', ...wasRest] = before.split(' ');
  const [is = '', ...isRest] = after.split(' ');
  const stack = wasRest.at(-2) === isRest.at(-2);
  const [from, to] = [wasRest.at(-1), isRest.at(-1)].map((text) => parseInt(text ?? '', 16));
  const distance = Math.abs((from ?? 0) - (to ?? 0));
  if (was === '-1' || is === '-1') return stack && distance <= 8;
  const restarted =
    (was === RESTART_SYSCALL && RESTARTED.has(is)) ||
    (is === RESTART_SYSCALL && RESTARTED.has(was));
  const sameArguments = wasRest.slice(0, -1).join() === isRest.slice(0, -1).join();
  return (was === is || restarted) && sameArguments && distance <= SYSCALL_INSTRUCTION_SIZE;
}

const isRunning = (thread: Thread): boolean => thread.call === 'running';

/** rt_sigtimedwait, rt_sigsuspend, pselect6, ppoll, epoll_pwait: another mask while they wait. */
const MASKING_CALLS = new Set(['128', '130', '270', '271', '281']);

/**
 * A stopped thread may be inside its call or about to make it again, and with it its signal mask.
 * (Each worker checks its own mask when it is let go.)
 */
function masksComparable(was: Thread, is: Thread | undefined): boolean {
  if (is === undefined) return true;
  const calls = [was, is].map(({ call }) => call.split(' ')[0] ?? '');
  // On its way from one stop to the next it is in no call that could be told.
  if (isRunning(was) || isRunning(is)) return false;
  const stopped = /[Tt]/.test(was.state) && /[Tt]/.test(is.state);
  return !stopped || !calls.some((call) => call === '-1' || MASKING_CALLS.has(call));
}

function withoutPending(signals: string, fleeting: bigint): string {
  return signals.replace(/((?:Shd|Sig)Pnd:)(\w+)/g, (_, name: string, hexadecimal: string) => {
    return name + (BigInt(`0x${hexadecimal}`) & ~fleeting).toString(16);
  });
}

export function compareThreads(
  before: Thread[],
  after: Thread[],
  { elsewhere = [], fleeting = 0n }: Pick<Exemptions, 'elsewhere' | 'fleeting'> = {},
): Difference[] {
  const line = (thread: Thread, others: Thread[]): string => {
    const other = others.find(({ tid }) => tid === thread.tid);
    const lasting = withoutPending(thread.signals, fleeting);
    const signals = masksComparable(thread, other) ? lasting : lasting.replace(/SigBlk:\w+ /, '');
    return `thread ${thread.tid} name ${JSON.stringify(thread.name)} ${signals}`;
  };
  const differences = compareLists(
    'thread',
    before.map((thread) => line(thread, after)),
    after.map((thread) => line(thread, before)),
  );
  for (const was of before) {
    const is = after.find((thread) => thread.tid === was.tid);
    if (is === undefined || isRunning(was) || isRunning(is)) continue;
    if (elsewhere.includes(was.tid)) continue;
    if (sameCall(was.call, is.call)) continue;
    differences.push({ kind: 'thread', text: `thread ${was.tid} was in ${was.call}` });
    differences.push({ kind: 'thread', text: `thread ${was.tid} is in ${is.call}` });
  }
  return differences;
}

/** The first and the last differing byte of a page, what is exempt left out; or undefined. */
function differingBytes(
  was: Buffer,
  is: Buffer,
  address: number,
  exempt: Range[],
): Range | undefined {
  let first = -1;
  let last = -1;
  for (let at = 0; at < PAGE_SIZE; at++) {
    if (was[at] === is[at]) continue;
    const byte = address + at;
    if (exempt.some((range) => byte >= range.start && byte < range.end)) continue;
    if (first < 0) first = at;
    last = at;
  }
  return first < 0 ? undefined : { start: first, end: last + 1 };
}

const OUT_OFFSET = 136;
const OUT_END = OUT_OFFSET + 17 * 8;
const BREAK_OFFSET = 288;
const EXTRAS_OFFSET = 304;
const XOUT_OFFSET = 4544;
const XOUT_END = XOUT_OFFSET + 4096;

function nameRegister(offset: number): string | undefined {
  if (offset >= OUT_OFFSET && offset < OUT_END)
    return `register ${registerName((offset - OUT_OFFSET) >> 3)}`;
  if (offset >= BREAK_OFFSET && offset < BREAK_OFFSET + 8) return 'program break';
  if (offset >= EXTRAS_OFFSET && offset < EXTRAS_OFFSET + 96)
    return threadStateName((offset - EXTRAS_OFFSET) >> 3);
  if (offset >= XOUT_OFFSET && offset < XOUT_END)
    return `extended state byte ${offset - XOUT_OFFSET}`;
  return undefined;
}

function describePage(
  address: number,
  range: Range,
  was: Buffer,
  is: Buffer,
  mapping: Mapping | undefined,
  frame: number | undefined,
): Difference {
  const start = address + range.start;
  const shown = Math.min(range.start + 16, range.end);
  const bytes = (page: Buffer): string => page.toString('hex', range.start, shown);
  const register = frame === undefined ? undefined : nameRegister(start - frame);
  const place = mapping === undefined ? 'no mapping' : formatMapping(mapping);
  return {
    kind: register === undefined ? 'memory' : 'register',
    text:
      `${register === undefined ? '' : `${register}: `}${hex(start)}-${hex(address + range.end)} ` +
      `was ${bytes(was)} is ${bytes(is)} in ${place}`,
  };
}

/** The page at `index`, or zeros for one that did not exist. */
function pageAt(memory: Memory, index: number, address: number): Buffer {
  if (memory.addresses[index] !== address) return ZEROS;
  return memory.bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE);
}

/** Compares what both snapshots map; mappings only one has are compareMappings' business. */
export function compareMemory(
  before: Snapshot,
  after: Snapshot,
  exemptions: Exemptions,
): Difference[] {
  const differences: Difference[] = [];
  const within = (address: number) => (mapping: Mapping) =>
    address >= mapping.start && address < mapping.end;
  let was = 0;
  let is = 0;
  for (;;) {
    const wasAddress = before.memory.addresses[was] ?? Infinity;
    const isAddress = after.memory.addresses[is] ?? Infinity;
    const address = Math.min(wasAddress, isAddress);
    if (address === Infinity) break;
    const wasPage = pageAt(before.memory, was, address);
    const isPage = pageAt(after.memory, is, address);
    if (wasAddress === address) was++;
    if (isAddress === address) is++;
    if (wasPage.equals(isPage)) continue;
    const mapping = before.mappings.find(within(address));
    if (mapping === undefined || !after.mappings.some(within(address))) continue;
    const range = differingBytes(wasPage, isPage, address, exemptions.ranges);
    if (range === undefined) continue;
    differences.push(describePage(address, range, wasPage, isPage, mapping, exemptions.frame));
  }
  return differences;
}

export function compareSnapshots(
  before: Snapshot,
  after: Snapshot,
  exemptions: Exemptions,
): Difference[] {
  const differences = [
    ...compareThreads(before.threads, after.threads, exemptions),
    ...compareMappings(before.mappings, after.mappings),
    ...compareAttributes(before.mappings, after.mappings),
    ...compareMemory(before, after, exemptions),
    ...compareLists('file', before.files, after.files),
    ...compareKernelStates(before.state ?? [], after.state ?? []).map(
      ({ what, text }): Difference => ({ kind: 'state', what, text }),
    ),
  ];
  const unreadable = [before, after].map(({ memory }) => memory.unreadable.map(hex));
  const [was = [], is = []] = unreadable;
  return [...differences, ...compareLists('memory', was, is, 'unreadable page ')];
}

const DIFFERENCES_SHOWN = 20;

export function formatDifferences(differences: Difference[]): string {
  const shown = differences.slice(0, DIFFERENCES_SHOWN);
  const more = differences.length - shown.length;
  return [
    `${differences.length} differences`,
    ...shown.map((difference) => `  ${difference.kind}: ${difference.text}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
}
