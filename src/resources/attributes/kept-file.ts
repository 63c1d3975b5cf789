/** A small file of /proc/PID that is kept open, and compared as bytes each time it is read. */
import { close, open, O_RDONLY, pread } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';

const SIZE = 4096;
const buffer = new NativeBuffer(SIZE);
const NONE = new Uint8Array();

export class KeptFile {
  private readonly name: string;
  private tid = 0;
  private fd = -1;

  /** @param name in the directory of the process */
  constructor(name: string) {
    this.name = name;
  }

  /** What it says; `before` when that is the same; empty: it cannot be read. */
  read(tid: number, before: Uint8Array | undefined): Uint8Array {
    if (this.tid !== tid) this.openAnew(tid);
    const size = this.fd < 0 ? 0 : pread(this.fd, buffer.address, SIZE, 0);
    const { bytes } = buffer;
    const end = Math.max(size, 0);
    if (before?.length === end && bytes.compare(before, 0, end, 0, end) === 0) return before;
    return end === 0 ? NONE : new Uint8Array(bytes.subarray(0, end));
  }

  close(): void {
    if (this.fd >= 0) close(this.fd);
    this.fd = -1;
    this.tid = 0;
  }

  /** Of a thread that has ended it says nothing any more. */
  private openAnew(tid: number): void {
    this.close();
    this.fd = open(`/proc/${tid}/${this.name}`, O_RDONLY);
    this.tid = tid;
  }
}
