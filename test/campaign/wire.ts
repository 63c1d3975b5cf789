/** The 64-byte records and commands between the checker and its target (`target/campaign.h`). */

export const RECORD_SIZE = 64;
const MAGIC = 0x4c4c4146;

export const COMMAND = {
  point: 1,
  fall: 2,
  verify: 3,
  forget: 4,
  damage: 5,
  quit: 6,
  goOn: 7,
} as const;

export const DAMAGE = {
  memory: 1,
  mappings: 2,
  break: 4,
  stack: 8,
  threads: 16,
  endThreads: 32,
  signals: 64,
  files: 128,
  ruin: 256,
  libc: 512,
} as const;

/** What is hard at a fall that waits to be told: limits lowered, rights dropped. */
export const HARD = { atAll: 1, files: 2, space: 4, data: 8, stack: 16, rights: 32 } as const;

export const DAMAGE_ALL = 1023;

const OP_NAMES =
  'mmap munmap map-over mremap mremap-over mprotect madvise-some madvise-all noise wipe ' +
  'file-noise brk-grow brk-shrink stack-grow born-bare born-libc end-thread rename ' +
  'rename-other mask alternate-stack dispositions fs-base libc-noise files ' +
  'new-region protect-region unmap-region write-region drop-pages malloc attributes';
export const OPS = OP_NAMES.split(' ');

const FALLS =
  'null wild nowhere-mapped read-only ud2 int3 divide abort libc-abort jump bus deep'.split(' ');
const RUINS = ['noise-everywhere', 'unmap-everything', 'smash-stack', 'zero-registers', 'no-code'];

export const CAUSE = { saved: 0, longjmp: 1, signal: 2, operator: 4 } as const;

export interface Hello {
  type: 'hello';
  pid: number;
  frame: number;
  why: number;
  workers: number;
  rseq: number;
  /** Where it reports what it alone can ask; 0: nowhere. */
  report: number;
}
export interface Point {
  type: 'point';
  cd: number;
  size: number;
  cause: number;
  value: number;
  signo: number;
  code: number;
  tid: number;
  address: bigint;
  ip: bigint;
  rollbacks: number;
}
export interface Operation {
  type: 'op';
  op: number;
  text: string;
}
export interface Fall {
  type: 'fall';
  how: number;
  name: string;
  signo: number;
  address: bigint;
}
export interface Bad {
  type: 'bad';
  text: string;
}
export interface Parked {
  type: 'parked';
  tid: number;
  /** The system call it stands in; -1 for one that spins. */
  number: number;
  frame: number;
  rseq: number;
}
export interface Done {
  type: 'done';
  result: bigint;
}
/** It stands right before its fall, and goes on when told to. */
export interface Held {
  type: 'held';
  /** The part of its stack that the fall may use. */
  start: number;
  end: number;
}
/** It fell and was not put back: tlongjmp answered, or its own handler runs. */
export interface Refused {
  type: 'refused';
  result: number;
  signo: number;
}
/** A thread that vforks again and again while a command is obeyed, and its stack. */
export interface Storm {
  type: 'storm';
  tid: number;
  start: number;
  end: number;
}
/** One of its random system calls. */
export interface Call {
  type: 'call';
  name: string;
  text: string;
}
export type TargetRecord =
  Hello | Point | Operation | Fall | Bad | Parked | Done | Held | Refused | Storm | Call;

const hex = (value: bigint): string => `0x${value.toString(16)}`;

const REGISTERS = 'rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 rflags rsp'.split(' ');

const WRONG: Record<number, string> = {
  50: 'result of the call',
  51: 'rcx after the call',
  52: 'r11 after the call',
  54: 'thread-local variables',
  60: 'a worker that did not get where it should',
  61: 'a fall that nothing came of',
  62: 'tlongjmp returned',
  63: "the program's own handler ran",
  64: 'what wait(2) tells of a child that stops and goes on',
  65: 'what was counted in restartable sequences',
};

const THREAD_STATE = [
  'fs base',
  'gs base',
  'signal mask',
  'alternate stack address',
  'alternate stack flags',
  'alternate stack size',
  'robust list',
  'tid',
  'name',
  'name (second half)',
  'rseq registration',
  'clear_child_tid address',
];

/** Names a word of `struct extras`. */
export function threadStateName(index: number): string {
  return THREAD_STATE[index] ?? `thread state word ${index}`;
}

/** Names what a register dump's 64-bit word or a worker's finding is about. */
export function registerName(index: number): string {
  return REGISTERS[index] ?? `word ${index}`;
}

function describeBad(view: Buffer): string {
  const [tid, kind, what] = [8, 16, 24].map((at) => Number(view.readBigUInt64LE(at)));
  const code = what ?? 0;
  const register = code > 100 ? `extended state byte ${code - 101}` : registerName(code - 1);
  const expected = view.readBigUInt64LE(32);
  const got = view.readBigUInt64LE(40);
  const state = code >= 70 && code < 100 ? threadStateName(code - 70) : undefined;
  const name = WRONG[code] ?? state ?? `register ${register}`;
  const found = `expected ${hex(expected)}, got ${hex(got)}`;
  return `thread ${tid} (waits in kind ${kind}): ${name}: ${found}`;
}

function decodePoint(view: Buffer): Point {
  return {
    type: 'point',
    cd: Number(view.readBigInt64LE(8)),
    size: view.readUInt32LE(16),
    cause: view.readUInt32LE(20),
    value: view.readInt32LE(24),
    signo: view.readInt32LE(28),
    code: view.readInt32LE(32),
    tid: view.readInt32LE(36),
    address: view.readBigUInt64LE(40),
    ip: view.readBigUInt64LE(48),
    rollbacks: Number(view.readBigUInt64LE(56)),
  };
}

function decodeOperation(view: Buffer): Operation {
  const op = Number(view.readBigUInt64LE(8));
  const [a, b] = [16, 24].map((at) => view.readBigUInt64LE(at));
  const done = view.readBigUInt64LE(32) === 1n;
  const result = BigInt.asIntN(64, view.readBigUInt64LE(40));
  const outcome = done ? `= ${result < 0n ? result.toString() : hex(result)}` : '…';
  return {
    type: 'op',
    op,
    text: `${OPS[op] ?? op} near ${hex(a ?? 0n)}+${hex(b ?? 0n)} ${outcome}`,
  };
}

function decodeCall(view: Buffer): Call {
  const name = view.toString('latin1', 24, 48).replace(/\0.*/s, '');
  const [caller, result] = [view.readBigInt64LE(8), view.readBigInt64LE(16)];
  return { type: 'call', name, text: `${caller}: ${name} = ${result}` };
}

function decodeFall(view: Buffer): Fall {
  const how = Number(view.readBigUInt64LE(8));
  const name = how === 200 ? 'tlongjmp' : (FALLS[how] ?? RUINS[how - 100] ?? `fall ${how}`);
  return {
    type: 'fall',
    how,
    name,
    signo: Number(view.readBigUInt64LE(16)),
    address: view.readBigUInt64LE(24),
  };
}

/** @throws Error when the bytes are not a record: the target has gone astray. */
export function decodeRecord(view: Buffer): TargetRecord {
  if (view.readUInt32LE(0) !== MAGIC) throw new Error(`not a record: ${view.toString('hex')}`);
  const word = (index: number): number => Number(view.readBigInt64LE(8 + 8 * index));
  switch (view.readUInt32LE(4)) {
    case 1:
      return {
        type: 'hello',
        pid: word(0),
        frame: word(1),
        why: word(2),
        workers: word(3),
        rseq: word(4),
        report: word(5),
      };
    case 2:
      return decodePoint(view);
    case 3:
      return decodeOperation(view);
    case 4:
      return decodeFall(view);
    case 5:
      return { type: 'bad', text: describeBad(view) };
    case 6:
      return { type: 'parked', tid: word(0), number: word(1), frame: word(3), rseq: word(4) };
    case 7:
      return { type: 'done', result: view.readBigInt64LE(8) };
    case 8:
      return { type: 'held', start: word(0), end: word(1) };
    case 9:
      return { type: 'refused', result: word(0), signo: word(1) };
    case 10:
      return { type: 'storm', tid: word(0), start: word(1), end: word(2) };
    case 11:
      return decodeCall(view);
    default:
      throw new Error(`a record of an unknown type: ${view.toString('hex')}`);
  }
}

export interface Command {
  what: number;
  seed?: bigint;
  damage?: number;
  cd?: number;
  op?: number;
  hardships?: number;
}

export function encodeCommand(command: Command): Buffer {
  const view = Buffer.alloc(RECORD_SIZE);
  view.writeUInt32LE(MAGIC, 0);
  view.writeUInt32LE(command.what, 4);
  view.writeBigUInt64LE(command.seed ?? 0n, 8);
  view.writeBigUInt64LE(BigInt(command.damage ?? 0), 16);
  view.writeBigUInt64LE(BigInt(command.cd ?? 0), 24);
  view.writeBigInt64LE(BigInt(command.op ?? -1), 32);
  view.writeBigUInt64LE(BigInt(command.hardships ?? 0), 40);
  return view;
}
