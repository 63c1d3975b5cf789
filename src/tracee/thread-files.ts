/** One small file of /proc for each thread: held open, and read from its beginning each time. */
import { close, open, O_RDONLY, pread } from '../sys/file.ts';
import type { NativeBuffer } from '../sys/libc.ts';

export class ThreadFiles {
  private readonly fds = new Map<number, number>();
  private readonly pathOf: (tid: number) => string;

  constructor(pathOf: (tid: number) => string) {
    this.pathOf = pathOf;
  }

  /** How many bytes were read into `buffer`; 0: it is not to be had. */
  read(tid: number, buffer: NativeBuffer): number {
    let fd = this.fds.get(tid);
    if (fd === undefined) {
      fd = open(this.pathOf(tid), O_RDONLY);
      this.fds.set(tid, fd);
    }
    return fd < 0 ? 0 : Math.max(pread(fd, buffer.address, buffer.bytes.length, 0), 0);
  }

  /** The thread is about to end: its file is of no use any more. */
  forget(tid: number): void {
    const fd = this.fds.get(tid);
    if (fd !== undefined && fd >= 0) close(fd);
    this.fds.delete(tid);
  }

  close(): void {
    for (const tid of [...this.fds.keys()]) this.forget(tid);
  }
}
