/**
 * The lines of /proc/PID/status that tell of signals and credentials, read once for as long as the
 * process is held still. Those of signals come one after the other, each with 16 digits, and those
 * of capabilities behind them:
 *
 *   SigPnd (of the thread that is read), ShdPnd (of the process), SigBlk, SigIgn, SigCgt
 *
 * Source: proc_pid_status(5); fs/proc/array.c, task_sig, task_cap.
 */
import { BelayError } from '../errors.ts';
import { hasSignal } from '../procfs/signal-digits.ts';
import { close, openOrThrow, O_RDONLY, pread } from '../sys/file.ts';
import { NativeBuffer } from '../sys/libc.ts';
import type { Stopped } from './stopped.ts';

const STATUS_SIZE = 8192;
const NAME_SIZE = 8;
const LINE_SIZE = NAME_SIZE + 16 + 1;
const IGNORED_LINE = Buffer.from('\nSigIgn:\t');
const USERS_LINE = Buffer.from('\nUid:\t');
const SIZE_LINE = Buffer.from('\nFDSize:\t');
const GROUPS_LINE = Buffer.from('\nGroups:\t');
const UMASK_LINE = Buffer.from('\nUmask:\t');
const GROUP_LINE = Buffer.from('\nNSpgid:\t');
const SESSION_LINE = Buffer.from('\nNSsid:\t');
const QUEUE_LINE = Buffer.from('\nSigQ:\t');
const NEWLINE = 0x0a;
/** CapInh to CapAmb, and NoNewPrivs with a digit. */
const CAPABILITIES_SIZE = 5 * LINE_SIZE + 14;
const NO_LINES = new Uint8Array();
const NO_DIGITS = '0'.repeat(16);
const NONE_PENDING = Buffer.from(`SigPnd:\t${NO_DIGITS}\nShdPnd:\t${NO_DIGITS}\n`);
const NONE_SHARED_PENDING = NONE_PENDING.subarray(LINE_SIZE);

export class StatusLines {
  private readonly stopped: Stopped;
  private tid: number;
  private fd: number;
  private readonly status = new NativeBuffer(STATUS_SIZE);
  /** Where SigIgn begins: nearly always where it did last time. */
  private ignoredAt = 0;
  private generation = -1;
  /** As of when the lines of who it is were found. */
  private identityOf = -1;
  private usersAt = 0;
  private usersEnd = 0;
  private groupsAt = 0;
  private groupsEnd = 0;

  constructor(stopped: Stopped) {
    this.stopped = stopped;
    this.tid = stopped.living;
    this.fd = openOrThrow(`/proc/${this.tid}/status`, O_RDONLY);
  }

  /** Whether SigIgn and SigCgt read like this. */
  isSame(lines: Uint8Array): boolean {
    const at = this.read();
    return this.status.bytes.compare(lines, 0, 2 * LINE_SIZE, at, at + 2 * LINE_SIZE) === 0;
  }

  /** SigIgn and SigCgt: a copy. */
  copy(): Uint8Array {
    const at = this.read();
    return new Uint8Array(this.status.bytes.subarray(at, at + 2 * LINE_SIZE));
  }

  /** Whether there is a handler for it. */
  isCaught(signo: number): boolean {
    return hasSignal(this.status.bytes, this.read() + LINE_SIZE + NAME_SIZE, signo);
  }

  /** Whether it is dropped. */
  isIgnored(signo: number): boolean {
    return hasSignal(this.status.bytes, this.read() + NAME_SIZE, signo);
  }

  /** No more signals can wait of those that the kernel keeps one by one (RLIMIT_SIGPENDING). */
  get isQueueFull(): boolean {
    const end = this.read() - 3 * LINE_SIZE;
    const { bytes } = this.status;
    const start = bytes.lastIndexOf(QUEUE_LINE, end) + QUEUE_LINE.length;
    const [count, most] = bytes.toString('latin1', start, end).split('/');
    return Number(count) >= Number(most);
  }

  /** Nothing waits for the process as a whole, and nothing for this one of its threads. */
  isNonePending(tid: number): boolean {
    return this.tells(NONE_PENDING, 3) && this.tid === tid;
  }

  /** Nothing waits for the process as a whole. */
  get isNoneSharedPending(): boolean {
    return this.tells(NONE_SHARED_PENDING, 2);
  }

  /** Whether the lines that `copyIdentity` takes read like these. */
  isSameIdentity(lines: Uint8Array): boolean {
    this.findIdentity();
    const { bytes } = this.status;
    const { usersAt, usersEnd, groupsAt, groupsEnd, capabilitiesAt } = this;
    const groupsIn = usersEnd - usersAt;
    const capabilitiesIn = groupsIn + groupsEnd - groupsAt;
    const { length } = lines;
    return (
      length === capabilitiesIn + CAPABILITIES_SIZE &&
      bytes.compare(lines, 0, groupsIn, usersAt, usersEnd) === 0 &&
      bytes.compare(lines, groupsIn, capabilitiesIn, groupsAt, groupsEnd) === 0 &&
      bytes.compare(
        lines,
        capabilitiesIn,
        length,
        capabilitiesAt,
        capabilitiesAt + CAPABILITIES_SIZE,
      ) === 0
    );
  }

  /** Uid, Gid and Groups; CapInh, CapPrm, CapEff, CapBnd, CapAmb and NoNewPrivs. */
  copyIdentity(): Uint8Array {
    this.findIdentity();
    const { bytes } = this.status;
    const { usersAt, usersEnd, groupsAt, groupsEnd, capabilitiesAt } = this;
    return Buffer.concat([
      bytes.subarray(usersAt, usersEnd),
      bytes.subarray(groupsAt, groupsEnd),
      bytes.subarray(capabilitiesAt, capabilitiesAt + CAPABILITIES_SIZE),
    ]);
  }

  /** Umask, NSpgid and NSsid; `before` when they read like it. */
  standing(before: Uint8Array | undefined): Uint8Array {
    this.read();
    const { bytes } = this.status;
    const umaskAt = bytes.indexOf(UMASK_LINE) + 1;
    const umaskEnd = bytes.indexOf(NEWLINE, umaskAt) + 1;
    const groupAt = bytes.indexOf(GROUP_LINE, umaskEnd) + 1;
    const sessionEnd = bytes.indexOf(NEWLINE, bytes.indexOf(SESSION_LINE, groupAt) + 1) + 1;
    const umaskSize = umaskEnd - umaskAt;
    const { length } = before ?? NO_LINES;
    const isSame =
      before !== undefined &&
      length === umaskSize + sessionEnd - groupAt &&
      bytes.compare(before, 0, umaskSize, umaskAt, umaskEnd) === 0 &&
      bytes.compare(before, umaskSize, length, groupAt, sessionEnd) === 0;
    if (isSame) return before;
    return new Uint8Array(
      Buffer.concat([bytes.subarray(umaskAt, umaskEnd), bytes.subarray(groupAt, sessionEnd)]),
    );
  }

  /** Behind SigCgt. */
  private get capabilitiesAt(): number {
    return this.ignoredAt + 2 * LINE_SIZE;
  }

  /** FDSize, which stands between, tells of nobody. */
  private findIdentity(): void {
    this.read();
    if (this.identityOf === this.generation) return;
    this.identityOf = this.generation;
    const { bytes } = this.status;
    this.usersAt = bytes.indexOf(USERS_LINE) + 1;
    this.usersEnd = bytes.indexOf(SIZE_LINE, this.usersAt) + 1;
    this.groupsAt = bytes.indexOf(GROUPS_LINE, this.usersEnd) + 1;
    this.groupsEnd = bytes.indexOf(NEWLINE, this.groupsAt) + 1;
  }

  /** Signals have been sent, or taken off. */
  forget(): void {
    this.generation = -1;
    this.identityOf = -1;
  }

  close(): void {
    close(this.fd);
  }

  /** Whether the text reads like `lines`, so many lines before SigIgn. */
  private tells(lines: Buffer, before: number): boolean {
    const at = this.read() - before * LINE_SIZE;
    return this.status.bytes.compare(lines, 0, lines.length, at, at + lines.length) === 0;
  }

  private read(): number {
    const { stopped, status } = this;
    if (this.generation === stopped.generation) return this.ignoredAt;
    if (this.tid !== stopped.living) this.openAnew();
    const size = pread(this.fd, status.address, STATUS_SIZE, 0);
    if (size < 0) throw new BelayError('ESRCH', `cannot read the signals of thread ${this.tid}`);
    this.ignoredAt = this.findIgnored(size);
    this.generation = stopped.generation;
    return this.ignoredAt;
  }

  private findIgnored(size: number): number {
    const { bytes } = this.status;
    const { length } = IGNORED_LINE;
    const likely = this.ignoredAt - 1;
    if (likely > 0 && bytes.compare(IGNORED_LINE, 0, length, likely, likely + length) === 0) {
      return this.ignoredAt;
    }
    const at = bytes.subarray(0, size).indexOf(IGNORED_LINE) + 1;
    if (at < 3 * LINE_SIZE)
      throw new BelayError('EINTERNAL', 'cannot read signals: no SigIgn line');
    return at;
  }

  /** The thread has ended, and shows nothing any more. */
  private openAnew(): void {
    close(this.fd);
    this.tid = this.stopped.living;
    this.fd = openOrThrow(`/proc/${this.tid}/status`, O_RDONLY);
  }
}
