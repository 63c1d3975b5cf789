/**
 * The mappings resource: reads /proc/PID/maps, registers what is new for write-protection, and
 * makes the mappings of a stopped process those of a point.
 *
 * Invariants
 * 1. After `refresh` every private mapping is registered, or listed in `untracked`.
 * 2. A mapping that is not registered has been made since the last refresh: registration does not
 *    survive munmap, a mapping placed over another, or mremap. So a mapping that looks the same but
 *    is not registered has other pages.
 */
import { PAGE_SIZE, SYS } from '../../arch/x64/syscalls.ts';
import { BelayError } from '../../errors.ts';
import { isAnonymous, type Mapping, type Range } from '../../procfs/maps.ts';
import { planMappings, type MappingStep } from '../../points/plan-mappings.ts';
import { close, openOrThrow, O_RDONLY, pread } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_STACK,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../sys/mmap.ts';
import { uffdioRegister } from '../../sys/userfaultfd.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import type { Scratch } from '../../tracee/scratch.ts';
import { MappedFiles } from './mapped-files.ts';
import { MappingTable } from './mapping-table.ts';
import { PageRanges, type WrittenPages } from './written-pages.ts';

/** Larger private mappings are made without reserving swap: their maker surely did not. Chosen. */
const RESERVE_MAX_BYTES = 1 << 30;
const AT_FDCWD = -100;
/** Where the kernel ends the file, unless it was booted without this page. */
const LAST_LINE = Buffer.from('[vsyscall]\n');
const O_CLOEXEC = 0o2000000;

/** How the engine gets a thread that makes calls, only when one is needed. */
export type RemoteSource = () => { readonly calls: RemoteCalls; readonly scratch: Scratch };

export class Mappings {
  private readonly uffd: number;
  private readonly written: WrittenPages;
  private readonly mapsFd: number;
  private text = new NativeBuffer(64 * 1024);
  private textSize = 0;
  private readonly unregistered = new PageRanges();
  /** What no registration covers: the kernel's own mappings, and shared ones. */
  untracked: Range[] = [];
  table: MappingTable = new MappingTable(Buffer.alloc(0), 0);
  /** Where private mappings start that the kernel refused to register. */
  readonly refused = new Set<number>();

  private readonly files: MappedFiles;

  constructor(pid: number, pidfd: number, uffd: number, written: WrittenPages) {
    this.files = new MappedFiles(pid, pidfd);
    this.uffd = uffd;
    this.written = written;
    this.mapsFd = openOrThrow(`/proc/${pid}/maps`, O_RDONLY);
  }

  close(): void {
    this.files.close();
    close(this.mapsFd);
  }

  /** /proc/PID/maps as it is now: a copy, for the log. */
  copyText(): Uint8Array {
    return Uint8Array.from(this.text.bytes.subarray(0, this.readText()));
  }

  /**
   * Bring table and registration up to date. Answers the ranges that are new since the last
   * refresh, or undefined when nothing changed at all (the usual case, which allocates nothing).
   */
  refresh(remote: RemoteSource): readonly Range[] | undefined {
    const size = this.readText();
    const isSameText = this.isTableText(size);
    if (isSameText && !this.hasNewRanges()) return undefined;
    if (!isSameText) {
      const breakAddress = remote().calls.callOrThrow('brk', SYS.brk, 0);
      this.table = new MappingTable(this.text.bytes.subarray(0, size), breakAddress);
      this.files.hold(this.table.mappings);
    }
    return this.registerNew();
  }

  /**
   * Make the mappings those of `wanted`. Answers the ranges that were mapped anew, whose pages must
   * all be written back; undefined when there was nothing to do.
   */
  restore(wanted: MappingTable, remote: RemoteSource): readonly Range[] | undefined {
    const size = this.readText();
    const isSame = this.isTableText(size) && wanted.text.equals(this.table.text);
    if (isSame && !this.hasNewRanges()) return undefined;
    const { calls, scratch } = remote();
    const now = new MappingTable(this.text.bytes.subarray(0, size), 0);
    this.findNew();
    const suspects = now.tracked.flatMap((mapping) => this.newPartsOf(mapping));
    restoreBreak(calls, wanted.breakAddress);
    for (const { start, end } of suspects) calls.call(SYS.munmap, start, end - start);
    this.thaw();
    this.perform(wanted, calls, scratch);
    scratch.release();
    this.thaw();
    this.table = this.readTable(wanted.breakAddress);
    const left = planMappings(this.table.mappings, wanted.mappings);
    if (left.length > 0) throw cannotRestore(left);
    return this.registerNew();
  }

  /** Why the mappings of `wanted` could not be made again, found before anything is touched. */
  findObstacle(wanted: MappingTable): string | undefined {
    const size = this.readText();
    if (this.isTableText(size) && wanted.text.equals(this.table.text)) return undefined;
    const now = this.readTable(0);
    for (const step of planMappings(now.mappings, wanted.mappings)) {
      if (step.kind !== 'map' || step.mapping.inode === 0) continue;
      if (!this.files.isReachable(step.mapping)) return step.mapping.path;
    }
    return undefined;
  }

  private perform(wanted: MappingTable, calls: RemoteCalls, scratch: Scratch): void {
    const { mappings } = this.readTable(0);
    const now = mappings.filter(({ start }) => start !== scratch.range.start);
    for (const step of planMappings(now, wanted.mappings)) {
      const size = step.end - step.start;
      if (step.kind === 'unmap') calls.callOrThrow('munmap', SYS.munmap, step.start, size);
      else if (step.kind === 'map') mapAgain(calls, scratch, this.files, step);
      else {
        const protection = protectionOf(step.mapping);
        calls.callOrThrow('mprotect', SYS.mprotect, step.start, size, protection);
      }
    }
  }

  private readTable(breakAddress: number): MappingTable {
    const size = this.readText();
    return new MappingTable(this.text.bytes.subarray(0, size), breakAddress);
  }

  /** The text's size; read once for as long as the process is held still (see `thaw`). */
  private readText(): number {
    if (this.textSize > 0) return this.textSize;
    let size = 0;
    for (;;) {
      const room = this.text.bytes.length - size;
      const count = pread(this.mapsFd, this.text.address + size, room, size);
      if (count <= 0) break;
      size += count;
      if (
        this.text.bytes.compare(LAST_LINE, 0, LAST_LINE.length, size - LAST_LINE.length, size) === 0
      ) {
        break;
      }
      if (size === this.text.bytes.length) this.growText();
    }
    this.textSize = size;
    return size;
  }

  /** The process is about to run, or has made calls: what was read of it is no longer true. */
  thaw(): void {
    this.textSize = 0;
  }

  private growText(): void {
    const larger = new NativeBuffer(this.text.bytes.length * 2);
    this.text.bytes.copy(larger.bytes);
    this.text = larger;
  }

  private isTableText(size: number): boolean {
    const { text } = this.table;
    return text.length === size && text.compare(this.text.bytes, 0, size) === 0;
  }

  private findNew(): void {
    this.unregistered.clear();
    this.written.findUnregistered(this.unregistered);
  }

  private hasNewRanges(): boolean {
    this.findNew();
    const { starts, ends } = this.unregistered;
    if (starts.length !== this.untracked.length) return true;
    return this.untracked.some(
      (range, index) => range.start !== starts[index] || range.end !== ends[index],
    );
  }

  private newPartsOf(mapping: Mapping): Range[] {
    const parts: Range[] = [];
    this.unregistered.starts.forEach((from, index) => {
      const start = Math.max(from, mapping.start);
      const end = Math.min(this.unregistered.ends[index] ?? 0, mapping.end);
      if (start < end && !this.refused.has(mapping.start)) parts.push({ start, end });
    });
    return parts;
  }

  /** Register what is not; the ranges that were not. */
  private registerNew(): Range[] {
    this.findNew();
    const found: Range[] = [];
    for (const mapping of this.table.tracked) {
      for (const range of this.newPartsOf(mapping)) {
        if (uffdioRegister(this.uffd, range.start, range.end) === 0) found.push(range);
        else this.refused.add(mapping.start);
      }
    }
    this.findNew();
    this.untracked = this.unregistered.starts.map((start, index) => ({
      start,
      end: this.unregistered.ends[index] ?? 0,
    }));
    this.thaw();
    // Registration lets the kernel join neighbours: the text is read again, as it will be compared.
    const breakAddress = this.table.breakAddress;
    this.table = this.readTable(breakAddress);
    return found;
  }
}

/**
 * Put the program break back. Lowering it unmaps what lies above, but fails where nothing is mapped
 * there any more; raising it maps fresh pages, but fails where something is in the way.
 */
function restoreBreak(calls: RemoteCalls, wanted: number): void {
  const now = calls.call(SYS.brk, 0);
  if (now === wanted) return;
  const low = roundUp(Math.min(now, wanted));
  const size = roundUp(Math.max(now, wanted)) - low;
  if (size > 0) {
    if (now > wanted) {
      const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
      calls.call(SYS.mmap, low, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    } else calls.call(SYS.munmap, low, size);
  }
  const result = calls.call(SYS.brk, wanted);
  if (result === wanted) return;
  throw new BelayError('EFALLBACK', `cannot put the program break back to ${wanted.toString(16)}`);
}

function roundUp(address: number): number {
  return Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
}

function protectionOf(mapping: Mapping): number {
  return (
    (mapping.readable ? PROT_READ : 0) |
    (mapping.writable ? PROT_WRITE : 0) |
    (mapping.executable ? PROT_EXEC : 0)
  );
}

function mapAgain(
  calls: RemoteCalls,
  scratch: Scratch,
  reopen: MappedFiles,
  step: MappingStep & { readonly kind: 'map' | 'protect' },
): void {
  const { mapping, start, end } = step;
  const protection = protectionOf(mapping);
  const size = end - start;
  if (isAnonymous(mapping)) {
    const grows = mapping.path === '[stack]' ? MAP_GROWSDOWN | MAP_STACK : 0;
    const reserve = size > RESERVE_MAX_BYTES ? MAP_NORESERVE : 0;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | grows | reserve;
    calls.callOrThrow('mmap', SYS.mmap, start, size, protection, flags, -1, 0);
    return;
  }
  const name = reopen.pathOf(mapping) ?? mapping.path;
  const path = scratch.put(Buffer.from(`${name}\0`, 'latin1'));
  const access = mapping.shared && mapping.writable ? 2 : 0;
  const fd = calls.callOrThrow('openat', SYS.openat, AT_FDCWD, path, access | O_CLOEXEC, 0);
  const flags = (mapping.shared ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED;
  const offset = mapping.offset + (start - mapping.start);
  const result = calls.call(SYS.mmap, start, size, protection, flags, fd, offset);
  calls.call(SYS.close, fd);
  if (result < 0) throw cannotRestore([step]);
}

function cannotRestore(steps: readonly MappingStep[]): BelayError {
  const list = steps.slice(0, 4).map((step) => {
    const pages = (step.end - step.start) / PAGE_SIZE;
    const name = step.kind === 'unmap' ? '' : ` ${step.mapping.path}`;
    return `${step.kind} 0x${step.start.toString(16)} (${pages} pages)${name}`;
  });
  return new BelayError('EFALLBACK', `cannot put mappings back: ${list.join(', ')}`);
}
