/**
 * A thread's restartable-sequences area, as far as the kernel looks into it on each return to user
 * mode: it forces SIGSEGV where the area is gone, or the pointer in it is garbage.
 */
import { PAGE_SIZE, SYS } from '../arch/x64/syscalls.ts';
import { NativeBuffer } from '../sys/libc.ts';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../sys/mmap.ts';
import { ptraceGetRseqConfiguration } from '../sys/ptrace.ts';
import type { RemoteSource } from './remote-session.ts';
import type { TargetMemory } from './target-memory.ts';
import type { Thread } from './thread.ts';

/** Bytes of struct rseq up to its pointer to a critical section, and of that pointer. */
const RSEQ_CS_OFFSET = 8;
const RSEQ_CS_SIZE = 8;
const NO_CRITICAL_SECTION = new NativeBuffer(RSEQ_CS_SIZE);

/** Where the thread's critical section is registered; 0: nowhere. */
function rseqPointer(thread: Thread): number {
  const rseq = ptraceGetRseqConfiguration(thread.tid);
  return rseq === undefined || rseq.address === 0 ? 0 : rseq.address + RSEQ_CS_OFFSET;
}

/** The kernel can do with the area what it does on each return to user mode. */
export function isRseqWritable(target: TargetMemory, thread: Thread): boolean {
  const pointer = rseqPointer(thread);
  if (pointer === 0) return true;
  const before = target.read(pointer, RSEQ_CS_SIZE);
  return before.length === RSEQ_CS_SIZE && target.write(pointer, before);
}

/** Take garbage out of the pointer. The page is written back later, like any other. */
export function repairRseq(target: TargetMemory, thread: Thread): void {
  const pointer = rseqPointer(thread);
  if (pointer === 0) return;
  target.forceWriteFrom(NO_CRITICAL_SECTION.address, pointer, RSEQ_CS_SIZE);
}

/** A thread that is to end must come back to user mode once more: give it a page for that. */
export function prepareToEnd(target: TargetMemory, thread: Thread, remote: RemoteSource): void {
  const pointer = rseqPointer(thread);
  if (!isRseqWritable(target, thread)) {
    const start = Math.floor(pointer / PAGE_SIZE) * PAGE_SIZE;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    remote().calls.call(SYS.mmap, start, PAGE_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
  }
  repairRseq(target, thread);
}
