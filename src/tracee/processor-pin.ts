/**
 * Keeps tracer and tracee on one processor around a stop: a wake-up across processors costs ten
 * times as much as one on the same.
 *
 * The tracer stays on the processor where it is. A tracee that it resumes is bound to that
 * processor for the moment of its wake-up alone: its own mask is put back before it runs.
 */
import { NativeBuffer } from '../sys/libc.ts';
import { CPU_SET_SIZE, schedGetaffinity, schedGetcpu, schedSetaffinity } from '../sys/sched.ts';

export class ProcessorPin {
  private readonly single = new NativeBuffer(CPU_SET_SIZE);
  private readonly mask = new NativeBuffer(CPU_SET_SIZE);
  private cpu = -1;
  private boundTid = 0;

  /** Stay on the processor where we are now. */
  stayHere(): void {
    const cpu = schedGetcpu();
    if (cpu === this.cpu || cpu < 0) return;
    this.single.words.fill(0);
    this.single.words[cpu >> 5] = (1 << (cpu & 31)) >>> 0;
    if (schedSetaffinity(0, this.single)) this.cpu = cpu;
  }

  /**
   * Run `wake`, which wakes thread `tid`, so that the thread wakes up here. It is bound to this
   * processor until `release`, at the latest just before we sleep: earlier, while it waits for us
   * to give the processor up, another one that is idle would fetch it.
   */
  wakeHere(tid: number, wake: () => void): void {
    this.release();
    const isAllowed =
      this.cpu >= 0 &&
      schedGetaffinity(tid, this.mask) &&
      ((this.mask.words[this.cpu >> 5] ?? 0) & (1 << (this.cpu & 31))) !== 0 &&
      schedSetaffinity(tid, this.single);
    wake();
    if (isAllowed) this.boundTid = tid;
  }

  /** Give the thread that was bound last its own mask back. */
  release(): void {
    if (this.boundTid === 0) return;
    schedSetaffinity(this.boundTid, this.mask);
    this.boundTid = 0;
  }
}
