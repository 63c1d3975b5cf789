/**
 * What to do when a thread is about to take a fatal signal: which point to go back to, and when to
 * stop trying.
 *
 * A point is tried `retries` times without a newer one being left behind; then the next older one.
 * When none is left, the signal is delivered as if belay were not there.
 */
import { findObstacle } from '../engine/rollback.ts';
import type { Point, TracedProcess } from '../engine/traced-process.ts';
import { CAUSE, type Why } from '../engine/why.ts';
import type { Thread } from '../tracee/thread.ts';
import { codeName, hasFaultAddress, hex, readThreadName, signalName } from './program.ts';
import type { Supervisor } from './supervisor.ts';

const SIGINFO_CODE = 2;
const SIGINFO_ADDRESS = 16;

/** The thread stopped before `signo` is delivered; true when the process went back instead. */
export function handleFall(
  supervisor: Supervisor,
  process_: TracedProcess,
  thread: Thread,
  signo: number,
): boolean {
  const startedAt = process.hrtime();
  if (!supervisor.pump.freeze(process_.group)) return false;
  process_.resources?.mappings.thaw();
  const why = readWhy(thread, signo);
  const refusals: string[] = [];
  const point = choosePoint(supervisor, process_, refusals);
  if (point === undefined) {
    giveUp(supervisor, process_, thread, why, refusals);
    return false;
  }
  point.falls += 1;
  process_.falls += 1;
  supervisor.jumpFrozen(process_, point, why, { startedAt, thread, passedOver: refusals });
  return true;
}

function readWhy(thread: Thread, signo: number): Why {
  thread.fetchRegisters();
  const info = thread.fetchSiginfo();
  const code = (info?.words[SIGINFO_CODE] ?? 0) | 0;
  return {
    cause: CAUSE.signal,
    signo,
    code,
    tid: thread.tid,
    address: hasFaultAddress(code) ? (info?.getUint64(SIGINFO_ADDRESS) ?? 0) : 0,
    ip: thread.registers.get('rip'),
  };
}

/** The newest point that has tries left and can be gone back to. */
function choosePoint(
  supervisor: Supervisor,
  process_: TracedProcess,
  refusals: string[],
): Point | undefined {
  const { retries } = supervisor.program.options;
  for (let index = process_.points.length - 1; index >= 0; index -= 1) {
    const point = process_.points[index];
    if (point === undefined || point.isHidden) continue;
    if (point.falls >= retries) {
      refusals.push(`point ${point.cd}: ${point.falls} falls`);
      continue;
    }
    const obstacle = findObstacle(process_, point);
    if (obstacle === undefined) return point;
    refusals.push(`point ${point.cd}: ${obstacle}`);
  }
  return undefined;
}

function giveUp(
  supervisor: Supervisor,
  process_: TracedProcess,
  thread: Thread,
  why: Why,
  refusals: readonly string[],
): void {
  process_.falls += 1;
  const { signo = 0, code = 0 } = why;
  const name = codeName(signo, code);
  supervisor.news.tell(
    {
      type: 'giveup',
      time: Date.now(),
      pid: process_.pid,
      tid: thread.tid,
      thread: readThreadName(process_.pid, thread.tid),
      signal: signalName(signo),
      signo,
      code,
      ...(name === undefined ? {} : { codeName: name }),
      ...(hasFaultAddress(code) ? { address: hex(why.address ?? 0) } : {}),
      ip: hex(why.ip ?? 0),
      falls: process_.falls,
      reason: refusals.slice(0, 8).join('; ') || 'it has no fallback point',
    },
    process_.resources?.mappings.copyText(),
  );
}
