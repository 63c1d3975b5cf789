/** What to do when a thread is about to take a fatal signal. */
import { whyNotHeld } from '../engine/operations.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { CAUSE, type Why } from '../engine/why.ts';
import { choosePoint } from '../policy/choose-point.ts';
import type { Thread } from '../tracee/thread.ts';
import { codeName, hasFaultAddress, hex, signalName } from './program.ts';
import { readMoment } from './fall-news.ts';
import type { JumpOrigin, Supervision } from './supervision.ts';

const SIGINFO_CODE = 2;
const SIGINFO_ADDRESS = 16;

/** A thread stopped before a fault is delivered; true when the process went back instead. */
export function handleFall(
  supervisor: Supervision,
  process_: TracedProcess,
  thread: Thread,
  why: Why,
): boolean {
  const startedAt = process.hrtime();
  const outcome = supervisor.holdToGoBack(process_);
  if (outcome === 'ended' || outcome === 'execed') return false;
  const { retries } = supervisor.program.options;
  const { signo = 0, ip = 0n, address = 0n } = why;
  const place = `${signo}/${ip}/${address}`;
  const ceiling = process_.places.note(place, process_.lastCd);
  if (outcome !== 'held') {
    giveUp(supervisor, process_, { startedAt, thread }, why, [
      whyNotHeld(process_, outcome).message,
    ]);
    return false;
  }
  const { prepared, refusals } = choosePoint(process_, retries, ceiling);
  if (prepared === undefined) {
    giveUp(supervisor, process_, { startedAt, thread }, why, refusals);
    return false;
  }
  process_.places.wentBack(place, prepared.point.cd, retries);
  prepared.point.falls += 1;
  process_.falls += 1;
  supervisor.jumpHeld(process_, prepared, why, { startedAt, thread, passedOver: refusals });
  return true;
}

/** What the thread, which is stopped for a signal, falls of. */
export function readWhy(thread: Thread, signo: number): Why {
  thread.fetchRegisters();
  const info = thread.fetchSiginfo();
  const code = (info?.words[SIGINFO_CODE] ?? 0) | 0;
  return {
    cause: CAUSE.signal,
    signo,
    code,
    tid: thread.tid,
    address: hasFaultAddress(code) ? (info?.bytes.readBigUInt64LE(SIGINFO_ADDRESS) ?? 0n) : 0n,
    ip: thread.registers.getBig('rip'),
  };
}

function giveUp(
  supervisor: Supervision,
  process_: TracedProcess,
  origin: JumpOrigin,
  why: Why,
  refusals: readonly string[],
): void {
  process_.falls += 1;
  const { signo = 0, code = 0 } = why;
  const name = codeName(signo, code);
  const { maps, ...when } = readMoment(process_, origin);
  supervisor.news.tell(
    {
      type: 'giveup',
      pid: process_.pid,
      ...when,
      signal: signalName(signo),
      signo,
      code,
      ...(name === undefined ? {} : { codeName: name }),
      ...(hasFaultAddress(code) ? { address: hex(why.address ?? 0n) } : {}),
      ip: hex(why.ip ?? 0n),
      falls: process_.falls,
      reason: refusals.slice(0, 8).join('; ') || 'it has no fallback point',
    },
    maps,
  );
}
