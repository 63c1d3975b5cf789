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
import { readFileSync } from 'node:fs';
import { SYS } from '../../arch/x64/syscalls.ts';
import type { Mapping, Range } from '../../procfs/maps.ts';
import { planMappings, type MappingStep } from '../../points/plan-mappings.ts';
import { close, openOrThrow, O_RDONLY, pread } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { uffdioRegister } from '../../sys/userfaultfd.ts';
import type { Scratch } from '../../tracee/scratch.ts';
import type { Claims } from '../claims.ts';
import type { Obstacle } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { ClaimedFiles } from './claimed-files.ts';
import { cannotRestore, performSteps, restoreBreak } from './map-again.ts';
import { MappedFiles } from './mapped-files.ts';
import { MappingTable } from './mapping-table.ts';
import { findLackOfRoom } from './room.ts';
import { PageRanges, type WrittenPages } from './written-pages.ts';

/**
 * Where the kernel ends the file, unless it was booted without this page: the whole line, since a
 * file's name can end in `[vsyscall]`, but can hold no newline.
 */
const LAST_LINE = Buffer.from(
  `\nffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0${' '.repeat(18)}[vsyscall]\n`,
);

/** <sys/personality.h> */
const READ_IMPLIES_EXEC = 0x0400000;

/** What `prepare` has found: nothing to do as of `generation`, or files open in the program. */
export interface MappingsPlan {
  readonly wanted: MappingTable;
  readonly isDone: boolean;
  readonly generation: number;
  readonly files: ClaimedFiles;
}

export class Mappings {
  private readonly stopped: Stopped;
  private readonly uffd: number;
  private readonly written: WrittenPages;
  private readonly mapsFd: number;
  private text = new NativeBuffer(64 * 1024);
  private textSize = 0;
  private textGeneration = -1;
  /** /proc/PID/maps as it reads when the mappings are those of `table`. */
  private known: Buffer = Buffer.alloc(0);
  private readonly unregistered = new PageRanges();
  /** What no registration covers: the kernel's own mappings, and shared ones. */
  untracked: Range[] = [];
  table: MappingTable = new MappingTable(Buffer.alloc(0), 0);
  /** Where private mappings start that the kernel refused to register. */
  readonly refused = new Set<number>();

  private readonly files: MappedFiles;

  constructor(stopped: Stopped, pidfd: number, uffd: number, written: WrittenPages) {
    const { pid } = stopped;
    this.stopped = stopped;
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
  refresh(): readonly Range[] | undefined {
    const size = this.readText();
    const isSameText = this.isTableText(size);
    if (isSameText && !this.hasNewRanges()) return undefined;
    if (!isSameText) {
      const breakAddress = this.stopped.remote().calls.callOrThrow('brk', SYS.brk, 0);
      this.table = new MappingTable(this.text.bytes.subarray(0, size), breakAddress);
      this.files.hold(this.table.mappings);
    }
    return this.registerNew();
  }

  /** What `apply` will need, or why it could not be done. Touches nothing. */
  prepare(wanted: MappingTable, claims: Claims): MappingsPlan | Obstacle {
    const files = new ClaimedFiles(this.stopped, this.files);
    const size = this.readText();
    const isDone = this.isTableText(size) && this.stands(wanted) && !this.hasNewRanges();
    const { generation } = this.stopped;
    if (isDone) return { wanted, isDone, generation, files };
    const now = this.readTable(0);
    const steps = planMappings(now.mappings, wanted.mappings);
    const lack = findLackOfRoom(this.stopped.pid, now.mappings, wanted.mappings, steps);
    if (lack !== undefined) return lack;
    if (steps.some(({ kind }) => kind !== 'unmap') && hasReadImpliesExec(this.stopped.pid)) {
      const obstacle = files.claimHand(claims);
      if (obstacle !== undefined) return obstacle;
    }
    for (const mapping of this.findFilesToMap(now, wanted, steps)) {
      const obstacle = files.claim(mapping, claims);
      if (obstacle !== undefined) return obstacle;
    }
    return { wanted, isDone, generation, files };
  }

  /**
   * Make the mappings those of the plan. Answers the ranges that were mapped anew, whose pages must
   * all be written back; undefined when there was nothing to do.
   */
  apply(plan: MappingsPlan): readonly Range[] | undefined {
    const { wanted } = plan;
    if (plan.isDone && plan.generation === this.stopped.generation) return undefined;
    const size = this.readText();
    const isSame = this.isTableText(size) && this.stands(wanted);
    if (isSame && !this.hasNewRanges()) return undefined;
    const { calls, scratch } = this.stopped.remote();
    const suspects = this.findSuspects(this.readTable(0));
    restoreBreak(calls, wanted.breakAddress);
    for (const { start, end } of suspects) calls.call(SYS.munmap, start, end - start);
    this.forgetText();
    this.perform(plan, scratch);
    scratch.release();
    this.forgetText();
    const left = planMappings(this.readTable(0).mappings, wanted.mappings);
    if (left.length > 0) throw cannotRestore(left);
    this.table = wanted;
    return this.registerNew(wanted);
  }

  /** The mappings now are those of `wanted`, though the kernel may join neighbours otherwise. */
  private stands(wanted: MappingTable): boolean {
    return wanted === this.table || wanted.text.equals(this.table.text);
  }

  /** Mappings of files that are missing, or that have been made anew and may have other pages. */
  private findFilesToMap(
    now: MappingTable,
    wanted: MappingTable,
    steps: readonly MappingStep[],
  ): Mapping[] {
    const missing = new Set<Mapping>();
    for (const step of steps) {
      if (step.kind === 'map') missing.add(step.mapping);
    }
    for (const { start, end } of this.findSuspects(now)) {
      for (const mapping of wanted.mappings) {
        if (mapping.start < end && mapping.end > start) missing.add(mapping);
      }
    }
    return [...missing].filter(({ inode }) => inode !== 0);
  }

  private findSuspects(now: MappingTable): Range[] {
    this.findNew();
    return now.tracked.flatMap((mapping) => this.newPartsOf(mapping));
  }

  private perform({ wanted, files }: MappingsPlan, scratch: Scratch): void {
    const { mappings } = this.readTable(0);
    const now = mappings.filter(({ start }) => start !== scratch.range.start);
    performSteps(planMappings(now, wanted.mappings), files);
  }

  private readTable(breakAddress: number): MappingTable {
    const size = this.readText();
    return new MappingTable(this.text.bytes.subarray(0, size), breakAddress);
  }

  /** The text's size; read once for as long as the process is held still (see `letGo`). */
  private readText(): number {
    if (this.textSize > 0 && this.textGeneration === this.stopped.generation) return this.textSize;
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
    this.textGeneration = this.stopped.generation;
    return size;
  }

  /** Calls have changed the mappings. */
  private forgetText(): void {
    this.textSize = 0;
  }

  private growText(): void {
    const larger = new NativeBuffer(this.text.bytes.length * 2);
    this.text.bytes.copy(larger.bytes);
    this.text = larger;
  }

  private isTableText(size: number): boolean {
    const text = this.known;
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
  private registerNew(wanted?: MappingTable): Range[] {
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
    this.forgetText();
    // Registration lets the kernel join neighbours: the text is read again, as it will be compared.
    const table = this.readTable(this.table.breakAddress);
    this.known = table.text;
    this.table = wanted ?? table;
    return found;
  }
}

/** Under personality(READ_IMPLIES_EXEC) what is mapped readable becomes executable as well. */
function hasReadImpliesExec(pid: number): boolean {
  const flags = Number.parseInt(readFileSync(`/proc/${pid}/personality`, 'latin1'), 16);
  return (flags & READ_IMPLIES_EXEC) !== 0;
}
