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
import type { RemoteSource } from '../address-space/mappings.ts';

const STATUS_SIZE = 8192;
/** struct kernel_sigaction: handler, flags, restorer, mask. */
const SIGACTION_SIZE = 32;
const SIGNAL_MASK_SIZE = 8;
const SIGCHLD = 17;
const SIGNAL_COUNT = 64;
const IGNORED_LINE = Buffer.from('\nSigIgn:\t');
/** "SigIgn:\t" and "SigCgt:\t" with 16 digits and a newline each. */
const LINES_SIZE = 2 * (8 + 16 + 1);

/** All dispositions at one moment; shared by points between which none changed. */
export interface SignalTable {
  /** The lines SigIgn and SigCgt of /proc/PID/status. */
  readonly lines: Buffer;
  /** By signal number: what rt_sigaction tells of those that are caught, and of SIGCHLD. */
  readonly actions: ReadonlyMap<number, Buffer>;
}

export class Signals {
  private readonly statusFd: number;
  private readonly status = new NativeBuffer(STATUS_SIZE);
  private table: SignalTable | undefined = undefined;

  constructor(pid: number) {
    this.statusFd = openOrThrow(`/proc/${pid}/status`, O_RDONLY);
  }

  /** The table as it is now; the same object as last time when no class has changed. */
  capture(remote: RemoteSource, target: TargetReader): SignalTable {
    const lines = this.readLines();
    if (this.table?.lines.equals(lines) === true) return this.table;
    const actions = new Map<number, Buffer>();
    const { calls, scratch } = remote();
    for (const signo of askedFor(lines)) {
      const address = scratch.reserve(SIGACTION_SIZE);
      calls.call(SYS.rt_sigaction, signo, 0, address, SIGNAL_MASK_SIZE);
      actions.set(signo, Buffer.from(target.read(address, SIGACTION_SIZE)));
    }
    this.table = { lines: Buffer.from(lines), actions };
    return this.table;
  }

  /** Put back the signals whose class has changed. */
  restore(wanted: SignalTable, remote: RemoteSource): void {
    const now = this.readLines();
    if (wanted.lines.equals(now)) return;
    const { calls, scratch } = remote();
    for (let signo = 1; signo <= SIGNAL_COUNT; signo += 1) {
      const kind = classOf(wanted.lines, signo);
      if (kind === classOf(now, signo)) continue;
      const action = Buffer.alloc(SIGACTION_SIZE);
      if (kind === 'caught') wanted.actions.get(signo)?.copy(action);
      if (kind === 'ignored') action.writeUInt8(1, 0);
      calls.call(SYS.rt_sigaction, signo, scratch.put(action), 0, SIGNAL_MASK_SIZE);
    }
    this.table = wanted;
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

/** What reads the answers of remote calls. */
export interface TargetReader {
  read(address: number, sizeBytes: number): Buffer;
}

function classOf(lines: Buffer, signo: number): 'default' | 'ignored' | 'caught' {
  if (hasBit(lines, 8, signo)) return 'ignored';
  return hasBit(lines, 8 + 16 + 1 + 8, signo) ? 'caught' : 'default';
}

/** Whether the 16 hexadecimal digits at `offset` have the signal's bit. */
function hasBit(lines: Buffer, offset: number, signo: number): boolean {
  const bit = signo - 1;
  const digit = lines[offset + 15 - (bit >> 2)] ?? 0x30;
  const value = digit <= 0x39 ? digit - 0x30 : digit - 0x57;
  return (value & (1 << (bit & 3))) !== 0;
}

function askedFor(lines: Buffer): number[] {
  const signals = Array.from({ length: SIGNAL_COUNT }, (_, index) => index + 1);
  return signals.filter((signo) => signo === SIGCHLD || classOf(lines, signo) === 'caught');
}
