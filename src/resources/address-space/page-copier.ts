/**
 * Copies pages between a stopped process and the arena: batched, without allocation.
 *
 * Pages are queued in any order. process_vm_readv(2) and process_vm_writev(2) take a whole batch at
 * once; a page whose protection forbids it is moved alone, as a debugger may.
 *
 * The former pins what it reads, and what is pinned is no longer shared with parent and children.
 * So a process that shares pages is read through /proc/PID/mem: a call for each run of neighbours,
 * which costs half a microsecond more where written pages lie scattered.
 */
import { at } from '../../at.ts';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { IOV_MAX, IovecTable, processVmReadv, processVmWritev } from '../../sys/process-vm.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';

/** Reads queued pages of the target into the arena. */
export class PageReader {
  private readonly local = new IovecTable();
  private readonly remote = new IovecTable();
  private readonly pages = new Float64Array(IOV_MAX);
  private readonly addresses = new Float64Array(IOV_MAX);
  private count = 0;
  /** Pages that could not be read at all since `reset`. */
  readonly lost: number[] = [];
  private readonly memory: TargetMemory;

  constructor(memory: TargetMemory) {
    this.memory = memory;
  }

  reset(): void {
    this.lost.length = 0;
    this.clear();
  }

  /** Queue one page: `page` is its number in the target, `address` where it will lie with us. */
  push(page: number, address: number): void {
    const { count } = this;
    if (count === IOV_MAX || (count > 0 && !this.isBatch(page))) this.flush();
    this.pages[this.count] = page;
    this.addresses[this.count] = address;
    this.count += 1;
    this.local.push(address, PAGE_SIZE);
    this.remote.push(page * PAGE_SIZE, PAGE_SIZE);
  }

  /** Read all that is queued. */
  flush(): void {
    if (this.count === 0) return;
    const { memory } = this;
    const size = memory.isShared
      ? memory.forceReadVector(this.local, at(this.pages, 0) * PAGE_SIZE)
      : processVmReadv(memory.tid, this.local, this.remote);
    if (size !== this.count * PAGE_SIZE) this.readSingly(Math.max(size, 0));
    this.clear();
  }

  /** Whether `page` can be read by the same call as those that are queued. */
  private isBatch(page: number): boolean {
    return !this.memory.isShared || page === at(this.pages, this.count - 1) + 1;
  }

  private clear(): void {
    this.count = 0;
    this.local.clear();
    this.remote.clear();
  }

  /** The rest, one page a call: behind one that cannot be read there may be others. */
  private readSingly(readBytes: number): void {
    for (let index = Math.floor(readBytes / PAGE_SIZE); index < this.count; index += 1) {
      const page = at(this.pages, index);
      const address = at(this.addresses, index);
      const size = this.memory.forceReadInto(address, page * PAGE_SIZE, PAGE_SIZE);
      if (size !== PAGE_SIZE) this.lost.push(page);
    }
  }
}

/** Writes queued pages of the arena to the target. */
export class PageWriter {
  private readonly local = new IovecTable();
  private readonly remote = new IovecTable();
  private readonly pages = new Float64Array(IOV_MAX);
  private readonly addresses = new Float64Array(IOV_MAX);
  private count = 0;
  /** Pages that could not be written at all since `reset`. */
  readonly lost: number[] = [];
  private readonly memory: TargetMemory;

  constructor(memory: TargetMemory) {
    this.memory = memory;
  }

  reset(): void {
    this.lost.length = 0;
    this.clear();
  }

  /** Queue one page: `page` is its number in the target, `address` where it lies with us. */
  push(page: number, address: number): void {
    if (this.count === IOV_MAX) this.flush();
    this.pages[this.count] = page;
    this.addresses[this.count] = address;
    this.count += 1;
    this.local.push(address, PAGE_SIZE);
    this.remote.push(page * PAGE_SIZE, PAGE_SIZE);
  }

  /** Write all that is queued. */
  flush(): void {
    if (this.count === 0) return;
    const moved = processVmWritev(this.memory.tid, this.local, this.remote);
    if (moved !== this.count * PAGE_SIZE) this.writeSingly(Math.max(moved, 0));
    this.clear();
  }

  private clear(): void {
    this.count = 0;
    this.local.clear();
    this.remote.clear();
  }

  /** The rest, one page a call, whatever its protection. */
  private writeSingly(movedBytes: number): void {
    for (let index = Math.floor(movedBytes / PAGE_SIZE); index < this.count; index += 1) {
      const page = at(this.pages, index);
      const address = at(this.addresses, index);
      const size = this.memory.forceWriteFrom(address, page * PAGE_SIZE, PAGE_SIZE);
      if (size !== PAGE_SIZE) this.lost.push(page);
    }
  }
}
