/**
 * The signals resource: what the program does with each signal.
 *
 * /proc tells for each signal whether it is default, ignored or caught, but not by which handler;
 * that takes a call of the program's own. So handlers are asked for once, and again when a signal's
 * class has changed. A handler that was replaced by another one without the class changing is not
 * noticed.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { close, openOrThrow, O_RDONLY, pread } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import type { Applied, Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';

const STATUS_SIZE = 8192;
/** struct kernel_sigaction: handler, flags, restorer, mask. */
const SIGACTION_SIZE = 32;
const SIGNAL_MASK_SIZE = 8;
const SIGCHLD = 17;
const SIGNAL_COUNT = 64;
const VERSION = 1;
const IGNORED_LINE = Buffer.from('\nSigIgn:\t');
/** "SigIgn:\t" and "SigCgt:\t" with 16 digits and a newline each. */
const LINES_SIZE = 2 * (8 + 16 + 1);

/** All dispositions at one moment; shared by points between which none changed. */
export interface SignalTable {
  /** The lines SigIgn and SigCgt of /proc/PID/status. */
  readonly lines: Uint8Array;
  /** What rt_sigaction tells of those that are caught, and of SIGCHLD; else undefined. */
  readonly actions: readonly (Uint8Array | undefined)[];
}

export class Signals implements Resource<SignalTable, SignalTable> {
  readonly name = 'signal dispositions';
  private readonly statusFd: number;
  private readonly status = new NativeBuffer(STATUS_SIZE);

  constructor(pid: number) {
    this.statusFd = openOrThrow(`/proc/${pid}/status`, O_RDONLY);
  }

  /** The same object as last time when no class has changed. */
  capture(stopped: Stopped, before: SignalTable | undefined): SignalTable {
    const lines = this.readLines();
    if (before !== undefined && lines.equals(before.lines)) return before;
    const actions: (Uint8Array | undefined)[] = Array.from({ length: SIGNAL_COUNT + 1 });
    const { calls, scratch } = stopped.remote();
    for (const signo of askedFor(lines)) {
      const address = scratch.reserve(SIGACTION_SIZE);
      calls.call(SYS.rt_sigaction, signo, 0, address, SIGNAL_MASK_SIZE);
      actions[signo] = Uint8Array.from(stopped.target.read(address, SIGACTION_SIZE));
    }
    return { lines: Uint8Array.from(lines), actions };
  }

  prepare(_stopped: Stopped, image: SignalTable): SignalTable {
    return image;
  }

  /** Put back the signals whose class has changed. */
  apply(stopped: Stopped, wanted: SignalTable): Applied {
    const now = this.readLines();
    if (now.equals(wanted.lines)) return {};
    const { calls, scratch } = stopped.remote();
    for (let signo = 1; signo <= SIGNAL_COUNT; signo += 1) {
      const kind = classOf(wanted.lines, signo);
      if (kind === classOf(now, signo)) continue;
      const action = Buffer.alloc(SIGACTION_SIZE);
      if (kind === 'caught') action.set(wanted.actions[signo] ?? [], 0);
      if (kind === 'ignored') action.writeUInt8(1, 0);
      calls.call(SYS.rt_sigaction, signo, scratch.put(action), 0, SIGNAL_MASK_SIZE);
    }
    return {};
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

function askedFor(lines: Uint8Array): number[] {
  const signals = Array.from({ length: SIGNAL_COUNT }, (_, index) => index + 1);
  return signals.filter((signo) => signo === SIGCHLD || classOf(lines, signo) === 'caught');
}
