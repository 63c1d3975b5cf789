/**
 * A thread's restartable-sequences area, as far as the kernel looks into it on each return to user
 * mode: it forces SIGSEGV where the area is gone, or the pointer in it is garbage.
 *
 * A thread that comes back to user mode outside the section that its area points to has the pointer
 * taken away. So calls for us from within a section would let it run to its end as if nobody had
 * interrupted it: the pointer is put back together with the registers, and the kernel then sends
 * the thread to where the section is broken off, as it does with any that was preempted.
 *
 * Source: kernel/rseq.c, rseq_ip_fixup.
 */
import { PAGE_SIZE, SYS } from '../arch/x64/syscalls.ts';
import { NativeBuffer } from '../sys/libc.ts';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../sys/mmap.ts';
import {
  ptracePeekBits,
  ptracePeekdata,
  ptracePokedata,
  type RseqConfiguration,
} from '../sys/ptrace.ts';
import type { TargetMemory } from './target-memory.ts';
import type { Thread } from './thread.ts';

interface Calls {
  call(nr: number, ...values: readonly number[]): number;
}
/** Calls of some thread of the program, begun when first needed: what a RemoteSource gives. */
type CallSource = () => { readonly calls: Calls };

const RSEQ_FLAG_UNREGISTER = 1;
/** Bytes of struct rseq up to its pointer to a critical section, and of that pointer. */
const RSEQ_CS_OFFSET = 8;
const RSEQ_CS_SIZE = 8;
/** One past the last address that a pointer of the program's can be. */
const ADDRESS_MAX = 2 ** 47;
const formerSection = new NativeBuffer(RSEQ_CS_SIZE);
const NO_CRITICAL_SECTION = new NativeBuffer(RSEQ_CS_SIZE);

/** Where the thread's critical section is registered; 0: nowhere. */
function rseqPointer(thread: Thread): number {
  const rseq = thread.readRseqArea();
  return rseq === undefined || rseq.address === 0 ? 0 : rseq.address + RSEQ_CS_OFFSET;
}

/**
 * The pointer to the critical section that a stopped thread, whose area is registered at `address`,
 * says it is in; 0: none.
 */
export function sectionAt(tid: number, address: number): number {
  const section = address === 0 ? 0 : ptracePeekdata(tid, address + RSEQ_CS_OFFSET);
  return section > 0 && section < ADDRESS_MAX ? section : 0;
}

/**
 * Take the pointer out of the area of a stopped thread that is to make calls, whatever it is: 0
 * where it is none. Garbage is put back as well: the thread is to fall of it, and not our calls.
 */
export function setSectionAside(thread: Thread): number | bigint {
  const { tid } = thread;
  const pointer = rseqPointer(thread);
  if (pointer === 0 || thread.readings.isOutsideSections) return 0;
  if (ptracePeekdata(tid, pointer) === 0) return 0;
  const section = ptracePeekBits(tid, pointer);
  ptracePokedata(tid, pointer, 0);
  return section;
}

/** Have the thread point to a critical section again. */
export function writeCriticalSection(thread: Thread, section: number | bigint): void {
  const pointer = section === 0 ? 0 : rseqPointer(thread);
  if (pointer === 0) return;
  thread.readings.isOutsideSections = false;
  ptracePokedata(thread.tid, pointer, section);
}

/** The kernel can do with the area what it does on each return to user mode. */
export function isRseqWritable(target: TargetMemory, thread: Thread): boolean {
  const pointer = rseqPointer(thread);
  if (pointer === 0) return true;
  const { address } = formerSection;
  if (target.readInto(address, pointer, RSEQ_CS_SIZE) !== RSEQ_CS_SIZE) return false;
  if (!target.writeFrom(address, pointer, RSEQ_CS_SIZE)) return false;
  const [low, high] = formerSection.words;
  thread.readings.isOutsideSections = low === 0 && high === 0;
  return true;
}

/** Take garbage out of the pointer. The page is written back later, like any other. */
export function repairRseq(target: TargetMemory, thread: Thread): void {
  const pointer = rseqPointer(thread);
  if (pointer === 0 || thread.readings.isOutsideSections) return;
  target.forceWriteFrom(NO_CRITICAL_SECTION.address, pointer, RSEQ_CS_SIZE);
}

/** Have the thread that makes the calls let go of its area. */
export function unregisterRseq(calls: Calls, area: RseqConfiguration): void {
  calls.call(SYS.rseq, area.address, area.sizeBytes, RSEQ_FLAG_UNREGISTER, area.signature);
}

/** A thread that is to end must come back to user mode once more: give it a page for that. */
export function prepareToEnd(target: TargetMemory, thread: Thread, remote: CallSource): void {
  const pointer = rseqPointer(thread);
  if (!isRseqWritable(target, thread)) {
    const start = Math.floor(pointer / PAGE_SIZE) * PAGE_SIZE;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    remote().calls.call(SYS.mmap, start, PAGE_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
  }
  repairRseq(target, thread);
}
