/**
 * Signals that wait: sent, and blocked or on their way. Those that waited at the point wait again,
 * in their order and before those that came since; faults that came since are taken off. Others
 * that came since stay: whoever sent them does not know of a rollback. (The kernel forces SIGSEGV
 * on a thread whose rseq area is gone; two threads fall at once; abort(3) sends itself SIGABRT.)
 * Those of timers are taken off, too, which go off anew: the timers have been stopped, and run on
 * behind this; and those that the program sent itself, or has asked for since (asked-signals.ts).
 *
 * Source: ptrace(2), PTRACE_PEEKSIGINFO; rt_sigqueueinfo(2).
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { ptraceCont, ptracePeeksiginfo, ptraceSetsigmask } from '../../sys/ptrace.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import { signoOf } from '../../tracee/siginfo.ts';
import type { Thread } from '../../tracee/thread.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { StatusLines } from '../status-lines.ts';
import { findUnasked, type Asking } from './asked-signals.ts';
import { signalsOnTheWay } from './on-the-way.ts';
import {
  findMissing,
  findUndone,
  isFault,
  findOwn,
  isOfTimer,
  isSendableByAny,
  isStop,
  isTakingOff,
  planQueue,
  sentOf,
  type QueueChange,
  type SignalQueue,
} from './pending-queues.ts';

const VERSION = 1;
/** More cannot be taken off: each fault waits once for the thread and once for the process. */
const DRAINS_MAX = 14;
/**
 * Of one queue: chosen. The kernel walks it anew for each signal that it tells of: some 7 ms for
 * that many at each point (measured, machine loaded), and four times as long for twice as many.
 */
const WAITING_MAX = 1024;
const ALL = 0xffffffff;
const MASK_SIZE = 8;
const TIMESPEC_SIZE = 16;

export interface PendingImage {
  /** Sent to the process as a whole. */
  readonly shared: SignalQueue;
  /** Of those threads for which some wait. */
  readonly threads: readonly { readonly tid: number; readonly queue: SignalQueue }[];
}

/** Of a thread. */
interface OwnQueue {
  readonly now: SignalQueue;
  readonly wanted: SignalQueue;
}

const NONE: PendingImage = { shared: [], threads: [] };

export class PendingSignals implements Resource<PendingImage, PendingImage> {
  readonly name = 'pending signals';
  private readonly mask = new NativeBuffer(8);
  private readonly status: StatusLines;
  private readonly descriptors: { readonly table: readonly Asking[] };

  /** @param descriptors those of the process, as they were read last, or put back */
  constructor(status: StatusLines, descriptors: { readonly table: readonly Asking[] }) {
    this.status = status;
    this.descriptors = descriptors;
  }

  /** The same object for as long as none wait, which is nearly always. */
  capture({ group }: Stopped): PendingImage {
    let shared: SignalQueue | undefined;
    let threads: { tid: number; queue: SignalQueue }[] | undefined;
    for (const thread of group.threads.values()) {
      const { tid } = thread;
      shared ??= this.peekShared(tid);
      const [onTheWay, own] = [signalsOnTheWay(thread, this.status), this.peekOwn(tid)];
      if (onTheWay.length + own.length === 0) continue;
      (threads ??= []).push({ tid, queue: [...onTheWay, ...own] });
    }
    if (threads === undefined && (shared === undefined || shared.length === 0)) return NONE;
    return { shared: shared ?? NONE.shared, threads: threads ?? NONE.threads };
  }

  prepare(_stopped: Stopped, image: PendingImage): PendingImage {
    return image;
  }

  losses({ shared, threads }: PendingImage): readonly Named[] {
    const places = threads.flatMap(({ tid, queue }) => (isCut(queue) ? [`thread ${tid}`] : []));
    if (isCut(shared)) places.unshift('the process');
    return places.map((place) => ({
      bit: LOST.signals,
      text: `signals behind the first ${WAITING_MAX} that wait for ${place} are not put back`,
    }));
  }

  apply(stopped: Stopped, image: PendingImage): Applied {
    stopped.endCalls();
    const { shared, threads } = image;
    const lost: Named[] = [...this.losses(image)];
    const { leader, threads: all } = stopped.group;
    const others = [...all.values()].filter((thread) => thread !== leader);
    // The leader may queue anything to its own process; others only what sigqueue(3) sends.
    const members = leader === undefined ? others : [leader, ...others];
    const [first] = members;
    for (const thread of members) {
      const then = threads.find(({ tid }) => tid === thread.tid)?.queue ?? NONE.shared;
      // What has been on its way ever since arrives by itself.
      const onTheWay = signalsOnTheWay(thread, this.status);
      const queue = then.length === 0 ? then : findMissing(onTheWay, then);
      dropFromTimer(thread, then);
      this.dropOwn(stopped, thread, onTheWay, [...then, ...shared]);
      const now = this.drain(stopped, thread, queue, shared) ?? this.peekOwn(thread.tid);
      const owed = thread === first ? shared : undefined;
      lost.push(...this.settle(stopped, thread, { now, wanted: queue }, owed));
    }
    return { lost };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: PendingImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): PendingImage {
    return decodeImage(VERSION, bytes) as PendingImage;
  }

  close(): void {
    // Holds nothing.
  }

  /** What a thread is stopped for, and sent its own process or asked for since, goes no further. */
  private dropOwn(
    stopped: Stopped,
    thread: Thread,
    onTheWay: SignalQueue,
    wanted: SignalQueue,
  ): void {
    if (onTheWay.length !== 1 || thread.stop?.kind !== 'signal') return;
    if (this.findCaused(stopped, onTheWay, wanted).length === 0) return;
    thread.stopFor({ kind: 'interrupt' }, thread.isDisplaced);
  }

  /** Leaves all signals blocked where it did anything: the thread's own mask is set afterwards. */
  private settle(
    stopped: Stopped,
    thread: Thread,
    own: OwnQueue,
    shared: SignalQueue | undefined,
  ): Named[] {
    const changes = this.planChanges(stopped, thread, own, shared);
    if (changes.own.length + changes.shared.length === 0) return [];
    this.setMask(thread, () => true);
    const refused: Uint8Array[] = [];
    stopped.withCallsOf(thread, (remote) => {
      // What waits for the thread itself comes first, and so is taken off first.
      for (const change of [...changes.own, ...changes.shared]) takeOff(change, remote);
      const [ownSent, sharedSent] = [sentOf(changes.own), sentOf(changes.shared)];
      refused.push(...ownSent.filter((info) => !sendToThread(stopped, thread, info, remote)));
      refused.push(...sharedSent.filter((info) => !sendToProcess(stopped, info, remote)));
    });
    const inexact = [...changes.own, ...changes.shared].filter(({ isInexact }) => isInexact);
    const name = (signo: number, what: string): Named => {
      return { bit: LOST.signals, text: `signal ${signo}, which waited for thread ${what}` };
    };
    return [
      ...refused.map((info) => name(signoOf(info), `${thread.tid}, is lost`)),
      ...inexact.map(({ signo }) => name(signo, `${thread.tid}, comes in another order`)),
    ];
  }

  /** @param owed what is to wait for the process; undefined: what does, which is settled */
  private planChanges(
    stopped: Stopped,
    thread: Thread,
    { now: ownNow, wanted: own }: OwnQueue,
    owed: SignalQueue | undefined,
  ) {
    const now = { own: ownNow, shared: this.peekShared(thread.tid) };
    const ofTimers = {
      own: now.own.filter((info) => isOfTimer(info, own)),
      shared: owed === undefined ? [] : now.shared.filter((info) => isOfTimer(info, owed)),
    };
    const caused = owed === undefined ? [] : this.findCaused(stopped, now.shared, owed);
    const undone = {
      own: [...ofTimers.own, ...this.findCaused(stopped, now.own, own)],
      shared: [...ofTimers.shared, ...caused],
    };
    const isFirst = thread === stopped.group.leader;
    const unsendable = isFirst ? [] : now.shared.filter((info) => !isSendableByAny(info));
    const pinned = new Set(unsendable.map(signoOf));
    // One that the kernel drops unseen would have it take the next one, wherever that waits.
    const dropped = new Set([...ofTimers.own, ...ofTimers.shared].map(signoOf));
    const isDropped = (info: Uint8Array): boolean => dropped.has(signoOf(info));
    const shared = owed ?? now.shared.filter(isDropped);
    const limits = { pinned, cleared: dropped };
    const sharedChanges = planQueue(now.shared, shared, { ...limits, undone: undone.shared });
    const takenOff = sharedChanges.filter(isTakingOff).map(({ signo }) => signo);
    const cleared = new Set([...dropped, ...takenOff]);
    const ownChanges = planQueue(now.own, own, { pinned, cleared, undone: undone.own });
    return { own: ownChanges, shared: sharedChanges };
  }

  /** What the program has itself to thank for: it sent it, or has asked for it, since. */
  private findCaused({ ownIds, pid }: Stopped, now: SignalQueue, wanted: SignalQueue): SignalQueue {
    return [
      ...findOwn(now, wanted, ownIds.ownIdOf(pid)),
      ...findUnasked(now, wanted, this.descriptors.table, this.status),
    ];
  }

  /**
   * Take off the faults that came since: each stops the thread before it runs anything. What waits
   * for the thread now, if that was looked at and has not changed since.
   */
  private drain(
    { pump, ownIds, pid }: Stopped,
    thread: Thread,
    own: SignalQueue,
    shared: SignalQueue,
  ): SignalQueue | undefined {
    const { stop } = thread.assertStopped();
    if (stop.kind === 'signal' && !isFault(stop.signo)) return undefined;
    for (let drains = 0; drains < DRAINS_MAX; drains += 1) {
      const ownNow = this.peekOwn(thread.tid);
      const ofAll = { now: this.peekShared(thread.tid), wanted: shared };
      const queues = [{ now: ownNow, wanted: own }, ofAll];
      if (queues.every(({ now }) => now.length === 0)) return ownNow;
      const ownPid = ownIds.ownIdOf(pid);
      const undone = queues.flatMap(({ now, wanted }) => findUndone(now, wanted, ownPid));
      if (undone.length === 0) return ownNow;
      const numbers = new Set(undone.map(signoOf));
      this.setMask(thread, (signo) => !numbers.has(signo));
      const hasStopped = ptraceCont(thread.tid, 0) === 0 && pump.nextOf(thread) !== undefined;
      this.setMask(thread, () => true);
      this.status.forget();
      if (!hasStopped) return undefined;
      thread.stopFor(stop, stop.kind === 'group-stop');
    }
    return undefined;
  }

  /** Asked of the kernel only where /proc says that there is something. */
  private peekOwn(tid: number): SignalQueue {
    return this.status.isNonePending(tid) ? NONE.shared : peek(tid, false);
  }

  private peekShared(tid: number): SignalQueue {
    return this.status.isNoneSharedPending ? NONE.shared : peek(tid, true);
  }

  private setMask({ tid }: Thread, isBlocked: (signo: number) => boolean): void {
    const { words } = this.mask;
    words[0] = ALL;
    words[1] = ALL;
    for (let signo = 1; signo < 32; signo += 1) {
      if (!isBlocked(signo)) words[0] = (words[0] & ~(1 << (signo - 1))) >>> 0;
    }
    ptraceSetsigmask(tid, this.mask.address);
  }
}

/** It has been taken off the queue already, and is not handed over. */
function dropFromTimer(thread: Thread, wanted: SignalQueue): void {
  const info = thread.stop?.kind === 'signal' ? thread.fetchSiginfo() : undefined;
  if (info === undefined || !isOfTimer(info.bytes, wanted)) return;
  if (wanted.some((each) => Buffer.compare(each, info.bytes) === 0)) return;
  thread.stopFor({ kind: 'interrupt' }, thread.isDisplaced);
}

/** One more than is put back, which tells that there are more. */
function peek(tid: number, isShared: boolean): SignalQueue {
  return ptracePeeksiginfo(tid, isShared, WAITING_MAX + 1).filter((info) => !isStop(info));
}

function isCut(queue: SignalQueue): boolean {
  return queue.length > WAITING_MAX;
}

/** By rt_sigtimedwait(2), which does not wait where its limit is 0. */
function takeOff({ signo, takenOff }: QueueChange, remote: RemoteSource): void {
  if (takenOff === 0) return;
  const { calls, scratch } = remote();
  const set = Buffer.alloc(MASK_SIZE);
  set.writeBigUInt64LE(1n << BigInt(signo - 1));
  const [setAddress, noTime] = [scratch.put(set), scratch.put(Buffer.alloc(TIMESPEC_SIZE))];
  for (let left = takenOff; left > 0; left -= 1) {
    if (calls.call(SYS.rt_sigtimedwait, setAddress, 0, noTime, MASK_SIZE) < 0) return;
  }
}

function sendToThread(
  { ownIds, pid }: Stopped,
  { tid }: Thread,
  info: Uint8Array,
  remote: RemoteSource,
): boolean {
  const { calls, scratch } = remote();
  const address = scratch.put(Buffer.from(info));
  const [group, thread] = [ownIds.ownIdOf(pid), ownIds.ownIdOf(tid)];
  return calls.call(SYS.rt_tgsigqueueinfo, group, thread, signoOf(info), address) === 0;
}

function sendToProcess({ ownIds, pid }: Stopped, info: Uint8Array, remote: RemoteSource): boolean {
  const { calls, scratch } = remote();
  const address = scratch.put(Buffer.from(info));
  return calls.call(SYS.rt_sigqueueinfo, ownIds.ownIdOf(pid), signoOf(info), address) === 0;
}
