/**
 * For which signals a process has handlers, asked at each fault: a handler that has had its turn
 * may be gone the next time.
 */
import { hasSignal } from '../procfs/signal-digits.ts';
import { close, open, O_RDONLY, pread } from '../sys/file.ts';
import { NativeBuffer } from '../sys/libc.ts';

/** The kernel writes some 1.5 KB; the sets of signals are within the first 1 KB. */
const STATUS_MAX_BYTES = 4096;
const KEY = Buffer.from('\nSigCgt:\t');

const text = new NativeBuffer(STATUS_MAX_BYTES);

export class CaughtSignals {
  private readonly pid: number;
  private fd = -1;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** False, too, when the process is gone. */
  has(signo: number): boolean {
    if (this.fd < 0) this.fd = open(`/proc/${this.pid}/status`, O_RDONLY);
    if (this.fd < 0) return false;
    const sizeBytes = Math.max(pread(this.fd, text.address, STATUS_MAX_BYTES, 0), 0);
    const at = text.bytes.subarray(0, sizeBytes).indexOf(KEY);
    return at >= 0 && hasSignal(text.bytes, at + KEY.length, signo);
  }

  close(): void {
    if (this.fd >= 0) close(this.fd);
    this.fd = -1;
  }
}
