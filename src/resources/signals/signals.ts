/**
 * The signals resource: what the program does with each signal.
 *
 * /proc tells for each signal whether it is default, ignored or caught, but not by which handler;
 * that takes a call of the program's own. Handlers are asked for when a signal's class has changed,
 * and else as often as it may cost (`AskBudget`). A point that is made without knows what the one
 * before knew, and says so, as does each rollback to it.
 */
import { hasSignal } from '../../procfs/signal-digits.ts';
import { SYS } from '../../arch/x64/syscalls.ts';
import { AskBudget } from '../ask-budget.ts';
import { foretellGuess, nameGuess } from '../guess.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { StackUse } from '../stack-use.ts';
import type { Stopped } from '../stopped.ts';
import type { StatusLines } from '../status-lines.ts';

/** struct kernel_sigaction: handler, flags, restorer, mask. */
const SIGACTION_SIZE = 32;
const FLAGS_OFFSET = 8;
/** SA_ONSTACK is 0x08000000: in the fourth byte of the flags. */
const SA_ONSTACK_BYTE = 0x08;
/**
 * SIGCANCEL and SIGSETXID of glibc: each program with threads has their handlers, which it can
 * neither replace nor do without. They work on any stack.
 */
const OF_LIBC: ReadonlySet<number> = new Set([32, 33]);
const SIGNAL_MASK_SIZE = 8;
const SIGNAL_COUNT = 64;
const signals = Array.from({ length: SIGNAL_COUNT }, (_, index) => index + 1);
/** As SigCgt shows both of those. */
const OF_LIBC_DIGITS = Buffer.from('0000000180000000');
const VERSION = 3;
const HANDLERS = 'handlers of signals';
/** "SigIgn:\t" and "SigCgt:\t" with 16 digits and a newline each. */
const DIGITS = 16;
const IGNORED_AT = 8;
const CAUGHT_AT = IGNORED_AT + DIGITS + 1 + 8;
const DIGIT_0 = 0x30;

/** All dispositions at one moment; shared by points between which none changed. */
export interface SignalTable {
  /** The lines SigIgn and SigCgt of /proc/PID/status. */
  readonly lines: Uint8Array;
  /** What rt_sigaction tells of those that are caught; else undefined. */
  readonly actions: readonly (Uint8Array | undefined)[];
  /** The program was asked at this point; else at an earlier one. */
  readonly isAsked: boolean;
  /** When it was asked, if that was earlier: milliseconds since the epoch. */
  readonly askedMs: number;
}

export class Signals implements Resource<SignalTable, SignalTable> {
  readonly name = 'signal dispositions';
  private readonly status: StatusLines;
  private readonly budget = new AskBudget();
  private readonly stackUse: StackUse;
  private askedMs = 0;

  constructor(status: StatusLines, stackUse: StackUse) {
    this.stackUse = stackUse;
    this.status = status;
  }

  /** The same object as last time when nothing has changed. */
  capture(stopped: Stopped, before: SignalTable | undefined): SignalTable {
    const { status, budget } = this;
    if (before === undefined || !status.isSame(before.lines)) {
      return this.ask(stopped, status.copy());
    }
    if (!isAnyCaught(before.lines)) return before;
    if (!budget.isLeft(stopped.isMeant)) {
      return before.isAsked ? { ...before, isAsked: false, askedMs: this.askedMs } : before;
    }
    const now = this.ask(stopped, before.lines);
    return before.isAsked && isSameActions(now, before) ? before : now;
  }

  private ask(stopped: Stopped, lines: Uint8Array): SignalTable {
    return this.budget.spend(() => {
      const actions: (Uint8Array | undefined)[] = Array.from({ length: SIGNAL_COUNT + 1 });
      for (const signo of signals) {
        if (classOf(lines, signo) === 'caught')
          actions[signo] = exchange(stopped, signo, undefined);
      }
      this.stackUse.note(actions.some(asksForStack), lines);
      this.askedMs = Date.now();
      return { lines, actions, isAsked: true, askedMs: 0 };
    });
  }

  prepare(_stopped: Stopped, image: SignalTable): SignalTable {
    return image;
  }

  apply(stopped: Stopped, wanted: SignalTable): Applied {
    const isSame = this.status.isSame(wanted.lines);
    if (isSame && !isAnyCaught(wanted.lines)) return {};
    const now = isSame ? wanted.lines : this.status.copy();
    const lost: Named[] = [];
    for (const signo of signals) {
      const kind = classOf(wanted.lines, signo);
      const isSameKind = kind === classOf(now, signo);
      if (isSameKind && (kind !== 'caught' || OF_LIBC.has(signo))) continue;
      const action = actionOf(wanted, signo);
      const former = exchange(stopped, signo, action);
      if (!isSameKind || wanted.isAsked || action.equals(former)) continue;
      const text = `the handler of signal ${signo} has changed: that of an earlier point is back`;
      lost.push({ bit: LOST.signals, text });
    }
    this.askedMs = Date.now();
    const isGuess = !wanted.isAsked && lost.length === 0;
    return { lost: isGuess ? [nameGuess(LOST.signals, HANDLERS)] : lost };
  }

  losses({ isAsked, askedMs }: SignalTable, timeMs: number): readonly Named[] {
    return isAsked ? [] : [foretellGuess(LOST.signals, HANDLERS, timeMs - askedMs)];
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
    this.status.close();
  }
}

/** By a handler of the program's own. */
function isAnyCaught(lines: Uint8Array): boolean {
  for (let at = CAUGHT_AT; at < CAUGHT_AT + DIGITS; at += 1) {
    if (lines[at] !== DIGIT_0 && lines[at] !== OF_LIBC_DIGITS[at - CAUGHT_AT]) {
      return signals.some((signo) => !OF_LIBC.has(signo) && hasSignal(lines, CAUGHT_AT, signo));
    }
  }
  return false;
}

function classOf(lines: Uint8Array, signo: number): 'default' | 'ignored' | 'caught' {
  if (hasSignal(lines, IGNORED_AT, signo)) return 'ignored';
  return hasSignal(lines, CAUGHT_AT, signo) ? 'caught' : 'default';
}

/** Tell the kernel what to do with a signal; what it did until now. Undefined: only ask. */
function exchange(stopped: Stopped, signo: number, action: Buffer | undefined): Uint8Array {
  const { calls, scratch } = stopped.remote();
  const former = scratch.reserve(SIGACTION_SIZE);
  const next = action === undefined ? 0 : scratch.put(action);
  calls.call(SYS.rt_sigaction, signo, next, former, SIGNAL_MASK_SIZE);
  return new Uint8Array(stopped.target.read(former, SIGACTION_SIZE));
}

function actionOf({ lines, actions }: SignalTable, signo: number): Buffer {
  const action = Buffer.alloc(SIGACTION_SIZE);
  const kind = classOf(lines, signo);
  if (kind === 'caught') action.set(actions[signo] ?? [], 0);
  if (kind === 'ignored') action.writeUInt8(1, 0);
  return action;
}

/** By SA_ONSTACK; not those that work on any stack. */
function asksForStack(action: Uint8Array | undefined, signo: number): boolean {
  if (action === undefined || OF_LIBC.has(signo)) return false;
  return ((action[FLAGS_OFFSET + 3] ?? 0) & SA_ONSTACK_BYTE) !== 0;
}

function isSameActions(one: SignalTable, other: SignalTable): boolean {
  return one.actions.every((action, signo) => {
    const before = other.actions[signo];
    if (action === undefined || before === undefined) return action === before;
    return Buffer.compare(action, before) === 0;
  });
}
