/**
 * One small file of /proc for each thread: held open, and read from its beginning each time, as
 * long as there are descriptors enough. Those of further threads are opened for each reading.
 */
import { close, open, O_RDONLY, pread } from '../sys/file.ts';
import type { NativeBuffer } from '../sys/libc.ts';
import { readOwnLimit, RLIMIT_NOFILE } from '../sys/prlimit.ts';

/** Of the descriptors that the supervisor may have: chosen, all else together needs far fewer. */
const SHARE = 1 / 4;
/** Descriptors of the system's and ours that there are none of for the moment. */
const EMFILE = 24;
const ENFILE = 23;

/** Held open by all together. */
let held = 0;
let heldMax: number | undefined = undefined;

export class ThreadFiles {
  private readonly fds = new Map<number, number>();
  private readonly pathOf: (tid: number) => string;

  constructor(pathOf: (tid: number) => string) {
    this.pathOf = pathOf;
  }

  /** How many bytes were read into `buffer`; 0: it is not to be had. */
  read(tid: number, buffer: NativeBuffer): number {
    const known = this.fds.get(tid);
    if (known !== undefined) return readAll(known, buffer);
    const fd = open(this.pathOf(tid), O_RDONLY);
    const size = readAll(fd, buffer);
    this.hold(tid, fd);
    return size;
  }

  /** The thread is about to end: its file is of no use any more. */
  forget(tid: number): void {
    const fd = this.fds.get(tid);
    this.fds.delete(tid);
    if (fd === undefined || fd < 0) return;
    close(fd);
    held -= 1;
  }

  close(): void {
    for (const tid of [...this.fds.keys()]) this.forget(tid);
  }

  /** What is refused for good need not be asked for again. */
  private hold(tid: number, fd: number): void {
    if (fd === -EMFILE || fd === -ENFILE) return;
    heldMax ??= SHARE * readOwnLimit(RLIMIT_NOFILE).soft;
    if (fd >= 0 && held >= heldMax) {
      close(fd);
      return;
    }
    this.fds.set(tid, fd);
    if (fd >= 0) held += 1;
  }
}

function readAll(fd: number, buffer: NativeBuffer): number {
  return fd < 0 ? 0 : Math.max(pread(fd, buffer.address, buffer.bytes.length, 0), 0);
}
