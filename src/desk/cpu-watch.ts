/**
 * Watches how much processor time the supervisor has taken, where its caller has set a hard limit:
 * at the limit the kernel kills, and a program that is just going back would be killed with us.
 */

/** Chosen: a quarter of what is left, for four busy threads; and not more often than this. */
const THREADS_MAX = 4;
const LEAST_DELAY_MS = 20;
const MOST_DELAY_MS = 10_000;

export class CpuWatch {
  #timer: NodeJS.Timeout | undefined;

  /** Calls `spent` once when this process has taken `budgetMs` of processor time. */
  start(budgetMs: number, spent: () => void): void {
    const leftMs = budgetMs - ownCpuMs();
    if (leftMs <= 0) {
      spent();
      return;
    }
    const delayMs = Math.min(Math.max(leftMs / THREADS_MAX, LEAST_DELAY_MS), MOST_DELAY_MS);
    this.#timer = setTimeout(() => {
      this.start(budgetMs, spent);
    }, delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** What this process has taken so far. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
