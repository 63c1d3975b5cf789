/** Reads /proc/PID/timers, which nearly always is empty, through a file that is kept open. */
import { close, open, O_RDONLY, pread } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import type { Stopped } from '../stopped.ts';

const SIZE = 4096;
const NONE = new Uint8Array();

export class TimerListing {
  private readonly buffer = new NativeBuffer(SIZE);
  private fd: number | undefined = undefined;

  /** The kernel tells of them (CONFIG_CHECKPOINT_RESTORE). */
  get isTold(): boolean {
    return this.fd === undefined || this.fd >= 0;
  }

  /** Its text; `before` when it is the same. */
  read({ pid }: Stopped, before: Uint8Array = NONE): Uint8Array {
    this.fd ??= open(`/proc/${pid}/timers`, O_RDONLY);
    const { fd, buffer } = this;
    if (fd < 0) return NONE;
    const size = pread(fd, buffer.address, SIZE, 0);
    if (size <= 0) return before.length === 0 ? before : NONE;
    const first = buffer.bytes.subarray(0, size);
    const parts = [Buffer.from(first)];
    // A read gives whole timers, and as many as there is room for.
    for (let at = size; ;) {
      const more = pread(fd, buffer.address, SIZE, at);
      if (more <= 0) break;
      parts.push(Buffer.from(buffer.bytes.subarray(0, more)));
      at += more;
    }
    const text = new Uint8Array(Buffer.concat(parts));
    return Buffer.compare(text, before) === 0 ? before : text;
  }

  close(): void {
    if (this.fd !== undefined && this.fd >= 0) close(this.fd);
    this.fd = undefined;
  }
}
