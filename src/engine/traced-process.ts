/** One process under care: its threads, its points, and the resources that watch it. */
import { isKernelMapping, parseMaps, type Range } from '../procfs/maps.ts';
import { SYSCALL_INSTRUCTION } from '../arch/x64/registers.ts';
import { PAGE_SIZE, SYS } from '../arch/x64/syscalls.ts';
import { BelayError } from '../errors.ts';
import { readFileSync } from 'node:fs';
import { Files, type FileImage } from '../resources/descriptors/descriptors.ts';
import type { MappingTable } from '../resources/address-space/mapping-table.ts';
import { Mappings } from '../resources/address-space/mappings.ts';
import { Memory } from '../resources/address-space/memory.ts';
import { Signals, type SignalTable } from '../resources/signals/signals.ts';
import { Threads, type ThreadImage } from '../resources/threads/threads.ts';
import { WrittenPages } from '../resources/address-space/written-pages.ts';
import type { PageDelta } from '../points/page-history.ts';
import { close, openOrThrow, O_RDONLY } from '../sys/file.ts';
import { ptraceGetRseqConfiguration } from '../sys/ptrace.ts';
import { pidfdGetfd, pidfdOpen } from '../sys/pidfd.ts';
import { uffdioApi, UFFD_USER_MODE_ONLY } from '../sys/userfaultfd.ts';
import type { RemoteCalls } from '../tracee/remote-calls.ts';
import { TargetMemory } from '../tracee/target-memory.ts';
import type { Thread } from '../tracee/thread.ts';
import { ThreadGroup } from '../tracee/thread-group.ts';

const CAP_SYS_ADMIN = 21;
const CAP_CHECKPOINT_RESTORE = 40;
const O_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;

export type PointOrigin = 'program' | 'operator' | 'every';

/** A fallback point. */
export interface Point {
  readonly cd: number;
  readonly origin: PointOrigin;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The thread that made it; 0: made from outside. */
  readonly tid: number;
  /** Where its struct tjmp is; 0: none. */
  readonly why: number;
  readonly delta: PageDelta;
  table: MappingTable;
  readonly threads: readonly ThreadImage[];
  readonly files: readonly FileImage[];
  readonly signals: SignalTable;
  readonly pauseNs: number;
  /** Pages saved when it was made. */
  readonly pages: number;
  rollbacks: number;
  /** Falls on it since a newer point was left behind. */
  falls: number;
  /** Forgotten, but the newest: kept as the base of the next one. */
  isHidden: boolean;
}

/** What watches an address space, from the first point on. */
export class Resources {
  readonly pidfd: number;
  readonly uffd: number;
  readonly pagemapFd: number;
  readonly mappings: Mappings;
  readonly memory: Memory;
  readonly threads: Threads;
  readonly files: Files;
  readonly signals: Signals;

  /** Installs the userfaultfd. `calls`: of any stopped thread of the process. */
  constructor(pid: number, target: TargetMemory, calls: RemoteCalls) {
    this.pidfd = pidfdOpen(pid);
    this.uffd = takeUserfaultfd(this.pidfd, calls);
    this.pagemapFd = openOrThrow(`/proc/${pid}/pagemap`, O_RDONLY);
    const written = new WrittenPages(this.pagemapFd);
    this.mappings = new Mappings(pid, this.pidfd, this.uffd, written);
    this.memory = new Memory(target, written);
    this.threads = new Threads(pid);
    this.files = new Files(pid, this.pidfd);
    this.signals = new Signals(pid);
  }

  close(): void {
    this.mappings.close();
    this.memory.close();
    this.threads.close();
    this.files.close();
    this.signals.close();
    for (const fd of [this.pagemapFd, this.uffd, this.pidfd]) close(fd);
  }
}

export class TracedProcess {
  readonly group: ThreadGroup;
  readonly target: TargetMemory;
  resources: Resources | undefined = undefined;
  /** Oldest first. */
  points: Point[] = [];
  lastCd = 0;
  /** Ranges that rollbacks leave alone. */
  keeps: Range[] = [];
  falls = 0;
  /** The thread that makes the calls of the rollback that was last found possible. */
  keeper: Thread | undefined = undefined;
  readonly startedAt = Date.now();
  readonly warnings = new Set<string>();
  /** It shares its parent's memory until it execs: no points of its own. */
  sharesMemory = false;
  private choosesTids: boolean | undefined = undefined;
  private vdsoSyscall = 0;

  constructor(pid: number) {
    this.group = new ThreadGroup(pid);
    this.target = new TargetMemory(pid);
  }

  get pid(): number {
    return this.group.pid;
  }

  get livePoints(): Point[] {
    return this.points.filter((point) => !point.isHidden);
  }

  findPoint(cd: number): Point | undefined {
    for (let index = this.points.length - 1; index >= 0; index -= 1) {
      const point = this.points[index];
      if (point?.cd === cd) return point.isHidden ? undefined : point;
    }
    return undefined;
  }

  /** Whether threads of it can be made again with their own ids. Asked once an image. */
  get canChooseTids(): boolean {
    this.choosesTids ??= canChooseTid(this.pid);
    return this.choosesTids;
  }

  /** A `syscall` instruction in the vdso. Throws EUNSUPPORTED where there is none. */
  get syscallAddress(): number {
    if (this.vdsoSyscall === 0) this.vdsoSyscall = findSyscallInstruction(this.pid, this.target);
    return this.vdsoSyscall;
  }

  /** Seal the vdso, so that a program that unmaps everything leaves us one instruction. */
  sealVdso(calls: RemoteCalls): void {
    const maps = parseMaps(readFileSync(`/proc/${this.pid}/maps`, 'latin1'));
    for (const mapping of maps.filter(isKernelMapping)) {
      if (mapping.path === '[vsyscall]') continue;
      const size = mapping.end - mapping.start;
      if (calls.call(SYS.mseal, mapping.start, size, 0) < 0) {
        this.warnings.add('the vdso cannot be sealed: unmapping everything is final');
      }
    }
  }

  /**
   * Seal the page where the leader's rseq area lies. The kernel reads it on every return to user
   * mode, and forces SIGSEGV where it is gone: then no remote call could ever be made.
   */
  sealRseq(calls: RemoteCalls): void {
    const rseq = ptraceGetRseqConfiguration(this.pid);
    if (rseq === undefined || rseq.address === 0) return;
    const start = Math.floor(rseq.address / PAGE_SIZE) * PAGE_SIZE;
    const end = Math.ceil((rseq.address + rseq.sizeBytes) / PAGE_SIZE) * PAGE_SIZE;
    calls.call(SYS.mseal, start, end - start, 0);
  }

  /** Forget all that belonged to an address space that is gone: after exec, or at the end. */
  reset(): void {
    this.resources?.close();
    this.resources = undefined;
    this.target.close();
    this.points = [];
    this.keeps = [];
    this.lastCd = 0;
    this.vdsoSyscall = 0;
    this.choosesTids = undefined;
    this.sharesMemory = false;
  }
}

function takeUserfaultfd(pidfd: number, calls: RemoteCalls): number {
  const flags = O_CLOEXEC_NONBLOCK | UFFD_USER_MODE_ONLY;
  const fd = calls.callOrThrow('userfaultfd', SYS.userfaultfd, flags);
  const uffd = pidfdGetfd(pidfd, fd);
  calls.call(SYS.close, fd);
  if (uffd < 0) {
    throw new BelayError('EUNSUPPORTED', 'cannot take over the userfaultfd: pidfd_getfd refused');
  }
  uffdioApi(uffd);
  return uffd;
}

function findSyscallInstruction(pid: number, target: TargetMemory): number {
  const maps = parseMaps(readFileSync(`/proc/${pid}/maps`, 'latin1'));
  const vdso = maps.find((mapping) => mapping.path === '[vdso]');
  if (vdso !== undefined) {
    const image = target.read(vdso.start, vdso.end - vdso.start);
    const offset = image.indexOf(SYSCALL_INSTRUCTION);
    if (offset >= 0) return vdso.start + offset;
  }
  throw new BelayError('EUNSUPPORTED', `cannot make calls in process ${pid}: it has no vdso`);
}

function canChooseTid(pid: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const match = /^CapEff:\s*([0-9a-f]+)$/m.exec(status);
  const capabilities = BigInt(`0x${match?.[1] ?? '0'}`);
  const wanted = (1n << BigInt(CAP_SYS_ADMIN)) | (1n << BigInt(CAP_CHECKPOINT_RESTORE));
  return (capabilities & wanted) !== 0n;
}
