/**
 * Copies pages between a stopped process and the arena: batched, without allocation.
 *
 * Pages are queued in any order; `flush` moves them with as few calls as the kernel's vector limit
 * allows. A page the ordinary call cannot move (its protection forbids it) is moved alone, as a
 * debugger may.
 */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { IOV_MAX, IovecTable, processVmReadv, processVmWritev } from '../../sys/process-vm.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';

export class PageCopier {
  private readonly local = new IovecTable();
  private readonly remote = new IovecTable();
  private readonly pages = new Float64Array(IOV_MAX);
  private readonly addresses = new Float64Array(IOV_MAX);
  private count = 0;
  /** Pages that could not be moved at all since `reset`. */
  readonly lost: number[] = [];
  private readonly memory: TargetMemory;
  private readonly isWrite: boolean;

  constructor(memory: TargetMemory, direction: 'from-target' | 'to-target') {
    this.memory = memory;
    this.isWrite = direction === 'to-target';
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

  /** Move all that is queued. */
  flush(): void {
    if (this.count === 0) return;
    const { pid } = this.memory;
    const moved = this.isWrite
      ? processVmWritev(pid, this.local, this.remote)
      : processVmReadv(pid, this.local, this.remote);
    if (moved !== this.count * PAGE_SIZE) this.moveSingly(Math.max(moved, 0));
    this.clear();
  }

  private clear(): void {
    this.count = 0;
    this.local.clear();
    this.remote.clear();
  }

  /** The rest, one page a call, whatever its protection. */
  private moveSingly(movedBytes: number): void {
    for (let index = Math.floor(movedBytes / PAGE_SIZE); index < this.count; index += 1) {
      const page = this.pages[index] ?? 0;
      const address = this.addresses[index] ?? 0;
      const size = this.isWrite
        ? this.memory.forceWriteFrom(address, page * PAGE_SIZE, PAGE_SIZE)
        : this.memory.forceReadInto(address, page * PAGE_SIZE, PAGE_SIZE);
      if (size !== PAGE_SIZE) this.lost.push(page);
    }
  }
}
