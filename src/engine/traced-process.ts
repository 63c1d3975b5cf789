/** One process under care: its threads, its points, and the resources that watch it. */
import { FallPlaces } from '../points/fall-places.ts';
import { PointList } from '../points/point-list.ts';
import { UsualFaults } from '../points/usual-faults.ts';
import type { Range } from '../procfs/maps.ts';
import { ResourceList } from '../resources/list.ts';
import { Stopped } from '../resources/stopped.ts';
import { PageLimit } from '../store/page-limit.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import { findSyscallInstruction } from '../tracee/find-syscall.ts';
import { CaughtSignals } from '../tracee/caught-signals.ts';
import { TargetMemory } from '../tracee/target-memory.ts';
import { ThreadGroup } from '../tracee/thread.ts';
import { ImageUses } from './image-uses.ts';
import { describeSharing, MemorySharers } from './memory-sharers.ts';
import { sealWhatCallsNeed } from './seal.ts';

export class TracedProcess {
  readonly group: ThreadGroup;
  readonly target: TargetMemory;
  readonly stopped: Stopped;
  /** For which signals it has handlers. */
  readonly caught: CaughtSignals;
  /** From the first point on. */
  resources: ResourceList | undefined = undefined;
  points: PointList;
  /** Of the images of these points. */
  imageUses = new ImageUses();
  lastCd = 0;
  /** Ranges that rollbacks leave alone. */
  keeps: Range[] = [];
  falls = 0;
  places = new FallPlaces();
  usualFaults = new UsualFaults();
  readonly startedAt = Date.now();
  /** The same by performance.now(). */
  readonly beganMs = performance.now();
  readonly warnings = new Set<string>();
  /** In how many rollbacks each thing was not known to be as at the point. */
  readonly guesses = new Map<string, number>();
  /** It shares its parent's memory until it execs: no points of its own. */
  sharesMemory = false;
  /** Of its address space: one list for all of them. */
  sharers = new MemorySharers();
  /** Its calls come to us. What it forks from then on has the filter, too. */
  hasFilter = false;
  /** When it was given its own, in clock ticks since the machine started; 0: it came with it. */
  filterTicks = 0;
  private vdsoSyscall = 0;
  private readonly limit: PageLimit;

  /** @param limit of what is saved of it, and of others */
  constructor(pump: EventPump, pid: number, limit = new PageLimit()) {
    this.limit = limit;
    this.group = new ThreadGroup(pid);
    this.target = new TargetMemory(this.group);
    this.caught = new CaughtSignals(pid);
    this.points = this.makeList();
    this.stopped = new Stopped(pump, this.group, this.target, () => this.syscallAddress);
  }

  get pid(): number {
    return this.group.pid;
  }

  /** A `syscall` instruction in the vdso. Throws EUNSUPPORTED where there is none. */
  get syscallAddress(): number {
    if (this.vdsoSyscall === 0)
      this.vdsoSyscall = findSyscallInstruction(this.group.living, this.target);
    return this.vdsoSyscall;
  }

  /** The resources, which begin to watch now if they did not yet. The process is held still. */
  watch(): ResourceList {
    if (this.resources === undefined) {
      this.resources = new ResourceList(this.stopped, this.limit);
      const warning = sealWhatCallsNeed(this.stopped);
      if (warning !== undefined) this.warnings.add(warning);
    }
    return this.resources;
  }

  /** Forget all that belonged to an address space that is gone: after exec, or at the end. */
  reset(): void {
    this.resources?.close();
    this.resources = undefined;
    this.target.close();
    this.target.isShared = false;
    this.imageUses = new ImageUses();
    this.points = this.makeList();
    this.keeps = [];
    this.places = new FallPlaces();
    this.usualFaults = new UsualFaults();
    this.caught.close();
    this.lastCd = 0;
    this.vdsoSyscall = 0;
    this.sharesMemory = false;
    this.sharers = new MemorySharers();
  }

  /** Why it can neither be saved nor go back now: another process runs in its memory. */
  get sharing(): string | undefined {
    return describeSharing(this.sharers, this.group);
  }

  private makeList(): PointList {
    const { imageUses } = this;
    return new PointList(({ image }) => {
      imageUses.release(this.resources?.all ?? [], image);
    });
  }
}
