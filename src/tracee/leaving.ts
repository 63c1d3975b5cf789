/**
 * Threads of one process that have begun to end. They are let go of there, so that nobody who waits
 * for them has to wait for us; but until they are gone they still write to the program's memory
 * (robust futexes, the word that pthread_join waits for) and have their ids.
 *
 * Source: kernel/exit.c, do_exit; mm_release.
 */
import { pause } from '../sys/pause.ts';
import { tgkill } from '../sys/process.ts';
import { parseWaitStatus, type Stop } from '../sys/wait.ts';
import { readStat } from '../tasks/read-stat.ts';

/** Chosen: a thread takes some microseconds to end, and has no processor now and then. */
const LOOK_EVERY_MS = 0.05;
/** Chosen: as long as a thread is waited for that is to stop. */
const WAIT_MAX_MS = 10_000;
/** Chosen: looked through when there are more, so that it holds about those that are there. */
const REMEMBERED_MAX = 64;

export class Leaving {
  private readonly pid: number;
  private readonly tids = new Set<number>();
  constructor(pid: number) {
    this.pid = pid;
  }

  add(tid: number): void {
    // The first one's id is there as long as the process is.
    if (tid !== this.pid) this.tids.add(tid);
    if (this.tids.size > REMEMBERED_MAX) this.forgetGone();
  }

  /** Wait until they are gone; false: they are not after a long time. */
  await(): boolean {
    const startedMs = performance.now();
    while (!this.forgetGone()) {
      if (performance.now() - startedMs > WAIT_MAX_MS) return false;
      pause(LOOK_EVERY_MS);
    }
    return true;
  }

  /**
   * How the process ends, asked before its last thread is let go: `status` is waitpid(2)'s word for
   * the end of that thread. Where it is not the first, the process has a word of its own.
   */
  endOfProcess(lastTid: number, status: number): Stop {
    if (lastTid === this.pid) return parseWaitStatus(status);
    return parseWaitStatus(readStat(this.pid)?.exitStatus ?? status);
  }

  private forgetGone(): boolean {
    for (const tid of this.tids) {
      if (tgkill(this.pid, tid, 0) !== 0) this.tids.delete(tid);
    }
    return this.tids.size === 0;
  }
}
