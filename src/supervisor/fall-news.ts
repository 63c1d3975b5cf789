/** Tells of a rollback that was done: after the program runs again. */
import type { News } from '../desk/news.ts';
import { elapsedNs } from '../engine/checkpoint.ts';
import type { RollbackResult } from '../engine/rollback.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import type { Point } from '../points/point.ts';
import { CAUSE, type Why } from '../engine/why.ts';
import { codeName, hasFaultAddress, hex, readThreadName, signalName } from './program.ts';
import type { JumpOrigin } from './supervision.ts';

export function tellFall(
  news: News,
  process_: TracedProcess,
  point: Point,
  why: Why,
  origin: JumpOrigin,
  result: RollbackResult,
  maps: Uint8Array | undefined,
): void {
  const us = elapsedNs(origin.startedAt) / 1000;
  const { lost, ...counts } = result;
  const tid = origin.thread?.tid ?? process_.pid;
  news.tell(
    {
      type: 'fall',
      time: Date.now(),
      pid: process_.pid,
      tid,
      thread: readThreadName(process_.pid, tid),
      ...describeCause(why),
      cd: point.cd,
      rollbacks: point.rollbacks,
      ...counts,
      warnings: [...(origin.passedOver ?? []), ...lost.map(({ text }) => text)],
      us,
    },
    maps,
  );
}

function describeCause(why: Why) {
  if (why.cause === CAUSE.operator) return { cause: 'operator', value: why.value ?? 0 } as const;
  const ip = hex(why.ip ?? 0n);
  if (why.cause === CAUSE.longjmp) return { cause: 'longjmp', value: why.value ?? 0, ip } as const;
  const { signo = 0, code = 0 } = why;
  const name = codeName(signo, code);
  return {
    cause: 'signal',
    signal: signalName(signo),
    signo,
    code,
    ...(name === undefined ? {} : { codeName: name }),
    ...(hasFaultAddress(code) ? { address: hex(why.address ?? 0n) } : {}),
    ip,
  } as const;
}
