/** A stopped process's memory, by address: small reads and writes outside the hot path. */
import { allocateNative, addressOf, NativeBuffer } from '../sys/libc.ts';
import { close, openOrThrow, O_RDWR, pread, pwrite } from '../sys/file.ts';
import { preadv } from '../sys/vectored-io.ts';
import { IovecTable, processVmReadv, processVmWritev } from '../sys/process-vm.ts';

const EFAULT = 14;

/** What lives as long as the memory does. */
export interface Task {
  /** One of its threads that has not ended. */
  readonly living: number;
}

export class TargetMemory {
  private readonly task: Task;
  /**
   * Whether pages may be shared copy-on-write with other processes: so it is until an exec is seen,
   * and again from the first fork on. Reading must then not pin them.
   */
  isShared = true;
  private memFd = -1;
  private readonly local = new IovecTable();
  private readonly remote = new IovecTable();

  constructor(task: Task) {
    this.task = task;
  }

  /** The thread whose memory it is. */
  get tid(): number {
    return this.task.living;
  }

  /** Up to `sizeBytes` at `address`; shorter where the mapping ends. Respects protections. */
  read(address: number, sizeBytes: number): Buffer {
    const bytes = allocateNative(Math.max(sizeBytes, 1));
    const size = this.readInto(addressOf(bytes), address, sizeBytes);
    return bytes.subarray(0, Math.max(size, 0));
  }

  /** Bytes copied to our own memory at `to`, or minus errno. */
  readInto(to: number, address: number, sizeBytes: number): number {
    this.local.clear();
    this.remote.clear();
    this.local.push(to, sizeBytes);
    this.remote.push(address, sizeBytes);
    return processVmReadv(this.tid, this.local, this.remote);
  }

  /** Write as the program itself could; false when some of it is not writable. */
  writeFrom(from: number, address: number, sizeBytes: number): boolean {
    this.local.clear();
    this.remote.clear();
    this.local.push(from, sizeBytes);
    this.remote.push(address, sizeBytes);
    return processVmWritev(this.tid, this.local, this.remote) === sizeBytes;
  }

  write(address: number, bytes: Buffer): boolean {
    const native = new NativeBuffer(bytes.length);
    bytes.copy(native.bytes);
    return this.writeFrom(native.address, address, bytes.length);
  }

  /** Read whatever the protection says, as a debugger may. Bytes, or minus errno. */
  forceReadInto(to: number, address: number, sizeBytes: number): number {
    return pread(this.openMem(), to, sizeBytes, address);
  }

  /** Up to `sizeBytes` at `address`, whatever the protection says; shorter where a hole begins. */
  forceRead(address: number, sizeBytes: number): Buffer {
    const bytes = allocateNative(Math.max(sizeBytes, 1));
    const size = this.forceReadInto(addressOf(bytes), address, sizeBytes);
    return bytes.subarray(0, Math.max(size, 0));
  }

  /** As `forceRead`; false when some of it cannot be written at all. */
  forceWrite(address: number, bytes: Buffer): boolean {
    if (bytes.length === 0) return true;
    const native = new NativeBuffer(bytes.length);
    bytes.copy(native.bytes);
    return this.forceWriteFrom(native.address, address, bytes.length) === bytes.length;
  }

  /** As `forceReadInto`, into the places of `local` in turn. */
  forceReadVector(local: IovecTable, address: number): number {
    return preadv(this.openMem(), local, address);
  }

  /** Write whatever the protection says. Bytes, or minus errno. */
  forceWriteFrom(from: number, address: number, sizeBytes: number): number {
    const fd = this.openMem();
    return fd < 0 ? -EFAULT : pwrite(fd, from, sizeBytes, address);
  }

  close(): void {
    if (this.memFd >= 0) close(this.memFd);
    this.memFd = -1;
  }

  private openMem(): number {
    if (this.memFd < 0) this.memFd = openOrThrow(`/proc/${this.tid}/mem`, O_RDWR);
    return this.memFd;
  }
}
