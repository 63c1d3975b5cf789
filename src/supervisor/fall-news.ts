/** Tells of falls and rollbacks: of the moment of the stop, when the program may run again. */
import type { News } from '../desk/news.ts';
import { elapsedNs } from '../engine/checkpoint.ts';
import type { RollbackResult } from '../engine/rollback.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import type { Point } from '../points/point.ts';
import type { Named } from '../resources/resource.ts';
import { CAUSE, type Why } from '../engine/why.ts';
import {
  codeName,
  hasFaultAddress,
  hex,
  readNameFrom,
  readThreadName,
  signalName,
} from './program.ts';
import type { JumpOrigin } from './supervision.ts';

/** What a rollback makes another of: to be read when the threads are stopped, before it. */
export interface Moment {
  readonly time: number;
  readonly tid: number;
  readonly thread: string;
  /** The bytes of /proc/PID/maps. */
  readonly maps: Uint8Array | undefined;
}

/** When and where a thread was stopped to fall or jump. */
export function readMoment(process_: TracedProcess, { startedAt, thread }: JumpOrigin): Moment {
  const tid = thread?.tid ?? process_.pid;
  const { resources } = process_;
  return {
    time: Date.now() - Math.floor(elapsedNs(startedAt) / 1e6),
    tid,
    thread:
      resources === undefined
        ? readThreadName(process_.pid, tid)
        : readNameFrom(resources.names, tid),
    maps: resources?.addressSpace.copyMaps(),
  };
}

export function tellFall(
  news: News,
  process_: TracedProcess,
  point: Point,
  why: Why,
  origin: JumpOrigin,
  moment: Moment,
  result: RollbackResult,
): void {
  const us = elapsedNs(origin.startedAt) / 1000;
  const { lost, ...counts } = result;
  const { maps, ...when } = moment;
  news.tell(
    {
      type: 'fall',
      pid: process_.pid,
      ...when,
      ...describeCause(why),
      cd: point.cd,
      rollbacks: point.rollbacks,
      ...counts,
      warnings: [...(origin.passedOver ?? []), ...describeLost(process_, lost)],
      us,
    },
    maps,
  );
}

/** What is not known at most rollbacks is told of the 1st, the 10th, the 100th of a process. */
function describeLost({ guesses }: TracedProcess, lost: readonly Named[]): string[] {
  return lost.flatMap(({ text, isGuess }) => {
    if (isGuess !== true) return [text];
    const count = (guesses.get(text) ?? 0) + 1;
    guesses.set(text, count);
    if (count === 1) return [text];
    return Number.isInteger(Math.log10(count)) ? [`${text} (${count} rollbacks by now)`] : [];
  });
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
