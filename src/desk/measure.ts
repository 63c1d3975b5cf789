/** What a piece of work took: of the time, and of a processor's. */

export interface Taken {
  readonly tookMs: number;
  /** By this thread alone, however busy the machine is. */
  readonly processorMs: number;
}

export function measure(work: () => void): Taken {
  const startMs = performance.now();
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return { tookMs: performance.now() - startMs, processorMs: (user + system) / 1000 };
}
