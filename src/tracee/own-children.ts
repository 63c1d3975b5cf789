/** Processes of the supervisor's own, whose stops and ends are among those of the program's. */
import type { Stop } from '../sys/wait.ts';

export class OwnChildren {
  /** Rung by whoever has work for the tracer; 0 when it has ended. */
  bellPid = 0;
  /** Its end says that the I/O worker has ended; 0 when it has. */
  canaryPid = 0;

  /** Whether it was one of ours, which is forgotten with its end. */
  has(tid: number, stop: Stop): boolean {
    const isBell = tid === this.bellPid;
    if (!isBell && tid !== this.canaryPid) return false;
    if (stop.kind !== 'exited' && stop.kind !== 'killed') return true;
    if (isBell) this.bellPid = 0;
    else this.canaryPid = 0;
    return true;
  }
}
