/**
 * The signals resource: what the program does with each signal.
 *
 * /proc tells for each signal whether it is default, ignored or caught, but not by which handler;
 * that takes a call of the program's own. Handlers are asked for when a signal's class has changed,
 * and else as often as it may cost (`AskBudget`). A point that is made without knows what the one
 * before knew: if a rollback then finds another handler, it says so.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { close, openOrThrow, O_RDONLY, pread } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { AskBudget } from '../ask-budget.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { StackUse } from '../stack-use.ts';
import type { Stopped } from '../stopped.ts';

const STATUS_SIZE = 8192;
/** struct kernel_sigaction: handler, flags, restorer, mask. */
const SIGACTION_SIZE = 32;
const FLAGS_OFFSET = 8;
/** SA_ONSTACK is 0x08000000: in the fourth byte of the flags. */
const SA_ONSTACK_BYTE = 0x08;
const SIGNAL_MASK_SIZE = 8;
const SIGNAL_COUNT = 64;
const signals = Array.from({ length: SIGNAL_COUNT }, (_, index) => index + 1);
const VERSION = 2;
const IGNORED_LINE = Buffer.from('\nSigIgn:\t');
/** "SigIgn:\t" and "SigCgt:\t" with 16 digits and a newline each. */
const LINES_SIZE = 2 * (8 + 16 + 1);

/** All dispositions at one moment; shared by points between which none changed. */
export interface SignalTable {
  /** The lines SigIgn and SigCgt of /proc/PID/status. */
  readonly lines: Uint8Array;
  /** What rt_sigaction tells of those that are caught; else undefined. */
  readonly actions: readonly (Uint8Array | undefined)[];
  /** The program was asked at this point; else at an earlier one. */
  readonly isAsked: boolean;
}

export class Signals implements Resource<SignalTable, SignalTable> {
  readonly name = 'signal dispositions';
  private readonly statusFd: number;
  private readonly status = new NativeBuffer(STATUS_SIZE);
  private readonly budget = new AskBudget();
  private readonly stackUse: StackUse;

  constructor(pid: number, stackUse: StackUse) {
    this.stackUse = stackUse;
    this.statusFd = openOrThrow(`/proc/${pid}/status`, O_RDONLY);
  }

  /** The same object as last time when nothing has changed. */
  capture(stopped: Stopped, before: SignalTable | undefined): SignalTable {
    const lines = this.readLines();
    if (before === undefined || !lines.equals(before.lines)) return this.ask(stopped, lines);
    if (!before.actions.some((action) => action !== undefined)) return before;
    if (!this.budget.isLeft) return before.isAsked ? { ...before, isAsked: false } : before;
    const now = this.ask(stopped, lines);
    return before.isAsked && isSameActions(now, before) ? before : now;
  }

  private ask(stopped: Stopped, lines: Buffer): SignalTable {
    return this.budget.spend(() => {
      const actions: (Uint8Array | undefined)[] = Array.from({ length: SIGNAL_COUNT + 1 });
      for (const signo of signals) {
        if (classOf(lines, signo) === 'caught')
          actions[signo] = exchange(stopped, signo, undefined);
      }
      this.stackUse.isUsed = actions.some(isOnStack);
      return { lines: Uint8Array.from(lines), actions, isAsked: true };
    });
  }

  prepare(_stopped: Stopped, image: SignalTable): SignalTable {
    return image;
  }

  apply(stopped: Stopped, wanted: SignalTable): Applied {
    const now = this.readLines();
    const lost: Named[] = [];
    for (const signo of signals) {
      const kind = classOf(wanted.lines, signo);
      const isSameKind = kind === classOf(now, signo);
      if (isSameKind && kind !== 'caught') continue;
      const action = actionOf(wanted, signo);
      const former = exchange(stopped, signo, action);
      if (!isSameKind || wanted.isAsked || action.equals(former)) continue;
      const text = `the handler of signal ${signo} has changed: that of an earlier point is back`;
      lost.push({ bit: LOST.signals, text });
    }
    return { lost };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: SignalTable): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): SignalTable {
    return decodeImage(VERSION, bytes) as SignalTable;
  }

  close(): void {
    close(this.statusFd);
  }

  private readLines(): Buffer {
    const size = pread(this.statusFd, this.status.address, STATUS_SIZE, 0);
    const at = this.status.bytes.subarray(0, Math.max(size, 0)).indexOf(IGNORED_LINE) + 1;
    return this.status.bytes.subarray(at, at + LINES_SIZE);
  }
}

function classOf(lines: Uint8Array, signo: number): 'default' | 'ignored' | 'caught' {
  if (hasBit(lines, 8, signo)) return 'ignored';
  return hasBit(lines, 8 + 16 + 1 + 8, signo) ? 'caught' : 'default';
}

/** Whether the 16 hexadecimal digits at `offset` have the signal's bit. */
function hasBit(lines: Uint8Array, offset: number, signo: number): boolean {
  const bit = signo - 1;
  const digit = lines[offset + 15 - (bit >> 2)] ?? 0x30;
  const value = digit <= 0x39 ? digit - 0x30 : digit - 0x57;
  return (value & (1 << (bit & 3))) !== 0;
}

/** Tell the kernel what to do with a signal; what it did until now. Undefined: only ask. */
function exchange(stopped: Stopped, signo: number, action: Buffer | undefined): Uint8Array {
  const { calls, scratch } = stopped.remote();
  const former = scratch.reserve(SIGACTION_SIZE);
  const next = action === undefined ? 0 : scratch.put(action);
  calls.call(SYS.rt_sigaction, signo, next, former, SIGNAL_MASK_SIZE);
  return Uint8Array.from(stopped.target.read(former, SIGACTION_SIZE));
}

function actionOf({ lines, actions }: SignalTable, signo: number): Buffer {
  const action = Buffer.alloc(SIGACTION_SIZE);
  const kind = classOf(lines, signo);
  if (kind === 'caught') action.set(actions[signo] ?? [], 0);
  if (kind === 'ignored') action.writeUInt8(1, 0);
  return action;
}

function isOnStack(action: Uint8Array | undefined): boolean {
  return action !== undefined && ((action[FLAGS_OFFSET + 3] ?? 0) & SA_ONSTACK_BYTE) !== 0;
}

function isSameActions(one: SignalTable, other: SignalTable): boolean {
  return one.actions.every((action, signo) => {
    const before = other.actions[signo];
    if (action === undefined || before === undefined) return action === before;
    return Buffer.compare(action, before) === 0;
  });
}
