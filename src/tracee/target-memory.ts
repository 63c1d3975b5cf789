/**
 * A stopped process's memory, by address: small reads and writes outside the hot path.
 *
 * process_vm_readv(2) and process_vm_writev(2) respect protections, but wait for a userfaultfd of
 * the program's own, which may be for ever: whoever answers it may be stopped by us. /proc/PID/mem
 * fails there instead, and does not ask for protections. So what is not known to be there is
 * touched by the latter first, and what may wait for a write is written by it.
 */
import { readFileSync } from 'node:fs';
import { PAGE_SIZE } from '../arch/x64/syscalls.ts';
import { findMapping, parseMaps } from '../procfs/maps.ts';
import { allocateNative, addressOf, NativeBuffer } from '../sys/libc.ts';
import { close, open, openOrThrow, O_RDONLY, O_RDWR, pread, pwrite } from '../sys/file.ts';
import { preadv } from '../sys/vectored-io.ts';
import { PagemapScanner, SCAN_THERE_AND_REGISTERED } from '../sys/pagemap-scan.ts';
import { IovecTable, processVmReadv, processVmWritev } from '../sys/process-vm.ts';

const EFAULT = 14;
/** Chosen: a page, more than most arguments of calls take. What is larger is let go of at once. */
const COPY_SIZE = 4096;

const touched = new NativeBuffer(1);
const scanner = new PagemapScanner();
/** Of what is being written, and where it goes: one for all, since each use ends with its call. */
const scratch = { copy: new NativeBuffer(COPY_SIZE) };
const local = new IovecTable();
const remote = new IovecTable();

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
  /**
   * Whether all of a range is known to be writable by the program now. What is known need not be
   * asked: one call instead of three. Set by who knows the mappings.
   */
  isKnownWritable: (address: number, sizeBytes: number) => boolean = () => false;
  private memFd = -1;
  private pagemapFd = -1;

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
    if (this.isKnownWritable(address, sizeBytes)) return this.forceReadInto(to, address, sizeBytes);
    const size = this.touch(address, sizeBytes);
    if (size === 0 && sizeBytes > 0) return -EFAULT;
    setOne(local, to, size);
    setOne(remote, address, size);
    return processVmReadv(this.tid, local, remote);
  }

  /** Write as the program itself could; false when some of it is not writable. */
  writeFrom(from: number, address: number, sizeBytes: number): boolean {
    if (this.isKnownWritable(address, sizeBytes)) {
      return this.forceWriteFrom(from, address, sizeBytes) === sizeBytes;
    }
    if (this.touch(address, sizeBytes) < sizeBytes) return false;
    if (!this.isOursToWatch(address, sizeBytes)) {
      if (!this.isWritable(address, sizeBytes)) return false;
      return this.forceWriteFrom(from, address, sizeBytes) === sizeBytes;
    }
    setOne(local, from, sizeBytes);
    setOne(remote, address, sizeBytes);
    return processVmWritev(this.tid, local, remote) === sizeBytes;
  }

  write(address: number, bytes: Buffer): boolean {
    return this.withCopy(bytes, (from) => this.writeFrom(from, address, bytes.length));
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
    const size = bytes.length;
    return (
      size === 0 ||
      this.withCopy(bytes, (from) => this.forceWriteFrom(from, address, size)) === size
    );
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
    if (this.pagemapFd >= 0) close(this.pagemapFd);
    this.isKnownWritable = () => false;
    this.memFd = -1;
    this.pagemapFd = -1;
  }

  /**
   * `work` with the address of a copy outside the heap. The copy is held by more than a variable:
   * optimized code lets go of that after its last use, and does not count what is done with its
   * address.
   */
  private withCopy<Result>(bytes: Buffer, work: (from: number) => Result): Result {
    if (bytes.length > scratch.copy.bytes.length) scratch.copy = new NativeBuffer(bytes.length);
    bytes.copy(scratch.copy.bytes);
    const result = work(scratch.copy.address);
    if (scratch.copy.bytes.length > COPY_SIZE) scratch.copy = new NativeBuffer(COPY_SIZE);
    return result;
  }

  /** Have the pages be there; how many bytes are, from `address` on. */
  private touch(address: number, sizeBytes: number): number {
    if (this.memFd < 0) this.memFd = open(`/proc/${this.tid}/mem`, O_RDWR);
    const end = address + sizeBytes;
    for (let from = address; from < end; from += PAGE_SIZE - (from % PAGE_SIZE)) {
      if (pread(this.memFd, touched.address, 1, from) !== 1) return from - address;
    }
    return sizeBytes;
  }

  /** It is there and registered with a userfaultfd that lifts protection itself: ours, mostly. */
  private isOursToWatch(address: number, sizeBytes: number): boolean {
    if (this.pagemapFd < 0) this.pagemapFd = open(`/proc/${this.tid}/pagemap`, O_RDONLY);
    if (this.pagemapFd < 0) return false;
    const start = address - (address % PAGE_SIZE);
    const end = Math.ceil((address + sizeBytes) / PAGE_SIZE) * PAGE_SIZE;
    scanner.scan(this.pagemapFd, SCAN_THERE_AND_REGISTERED, start, end);
    return scanner.count === 1 && scanner.start(0) === start && scanner.end(0) === end;
  }

  private isWritable(address: number, sizeBytes: number): boolean {
    const mappings = parseMaps(readFileSync(`/proc/${this.tid}/maps`, 'latin1'));
    let from = address;
    while (from < address + sizeBytes) {
      const mapping = findMapping(mappings, from);
      if (mapping?.writable !== true) return false;
      from = mapping.end;
    }
    return true;
  }

  private openMem(): number {
    if (this.memFd < 0) this.memFd = openOrThrow(`/proc/${this.tid}/mem`, O_RDWR);
    return this.memFd;
  }
}

function setOne(table: IovecTable, address: number, sizeBytes: number): void {
  table.clear();
  table.push(address, sizeBytes);
}
