/**
 * Keeps tracer and tracee on one processor around a stop: a wake-up across processors costs ten
 * times as much as one on the same.
 *
 * The tracer stays on the processor where it is. A tracee that it resumes is bound to that
 * processor for the moment of its wake-up alone, while the tracer occupies that processor.
 *
 * Invariants
 * 1. A mask that others set is never overwritten: a thread whose mask has changed since it was
 *    bound last is somebody's who manages it, and is not bound any more.
 * 2. Should the tracer lose the processor in that moment, the tracee runs with one processor until
 *    it is the tracer's turn again. What it begins meanwhile gets its mask, before it runs.
 */
import { NativeBuffer } from '../sys/libc.ts';
import { CPU_SET_SIZE, schedGetaffinity, schedGetcpu, schedSetaffinity } from '../sys/sched.ts';
import type { Thread } from './thread.ts';

export class ProcessorPin {
  private readonly single = new NativeBuffer(CPU_SET_SIZE);
  private readonly mask = new NativeBuffer(CPU_SET_SIZE);
  private cpu = -1;
  /** The mask of each thread when it was bound last; undefined: it is left alone. */
  private readonly masks = new WeakMap<Thread, Uint32Array | undefined>();

  /** Stay on the processor where we are now. */
  stayHere(): void {
    const cpu = schedGetcpu();
    if (cpu === this.cpu || cpu < 0) return;
    this.single.words.fill(0);
    this.single.words[cpu >> 5] = (1 << (cpu & 31)) >>> 0;
    if (schedSetaffinity(0, this.single)) this.cpu = cpu;
  }

  /**
   * Run `wake`, which wakes the thread, so that it wakes up here. It does not run before we give
   * the processor up.
   */
  wakeHere(thread: Thread, wake: () => void): void {
    const isBound = this.isOurs(thread) && schedSetaffinity(thread.tid, this.single);
    wake();
    if (!isBound) return;
    const { tid } = thread;
    // Whoever has set another one in this moment means it.
    if (!schedGetaffinity(tid, this.mask) || !isSame(this.mask.words, this.single.words)) return;
    this.mask.words.set(this.masks.get(thread) ?? this.mask.words);
    schedSetaffinity(tid, this.mask);
  }

  /** A thread or child has begun, and has not run yet: it has its parent's own mask. */
  receive(parent: Thread, tid: number): void {
    const own = this.masks.get(parent);
    if (own === undefined || isSame(own, this.single.words)) return;
    if (!schedGetaffinity(tid, this.mask) || !isSame(this.mask.words, this.single.words)) return;
    this.mask.words.set(own);
    schedSetaffinity(tid, this.mask);
  }

  /** Whether the thread may be bound here; its mask is noted then. */
  private isOurs(thread: Thread): boolean {
    const isKnown = this.masks.has(thread);
    const known = this.masks.get(thread);
    if (this.cpu < 0 || (isKnown && known === undefined)) return false;
    if (!schedGetaffinity(thread.tid, this.mask)) return false;
    const { words } = this.mask;
    if (known === undefined) this.masks.set(thread, words.slice());
    else if (!isSame(known, words)) {
      this.masks.set(thread, undefined);
      return false;
    }
    return ((words[this.cpu >> 5] ?? 0) & (1 << (this.cpu & 31))) !== 0;
  }
}

function isSame(first: Uint32Array, second: Uint32Array): boolean {
  for (let index = 0; index < CPU_SET_SIZE / 4; index += 1) {
    if (first[index] !== second[index]) return false;
  }
  return true;
}
