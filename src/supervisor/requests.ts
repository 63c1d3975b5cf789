/** Requests of people, which the I/O worker hands over: answered between two events. */
import { checkpoint } from '../engine/operations.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { CAUSE } from '../engine/why.ts';
import { BelayError } from '../errors.ts';
import type { Point, PointOrigin } from '../points/point.ts';
import type { RequestParams } from '../protocol/messages.ts';
import type { CheckpointResult, ProgramStatus, RewindResult } from '../protocol/records.ts';
import type { TracerRequest } from '../desk/messages.ts';
import { describePoint } from './describe-point.ts';
import { makeRoom, makeRoomAhead } from './make-room.ts';
import { readCommand, readNames, readParentPid, savedBytesOf, type Program } from './program.ts';
import type { Supervisor } from './supervisor.ts';

/** Chosen: more would not be read. */
const LOSSES_MAX = 16;

/** The answer to a request. Throws BelayError. */
export function answerRequest(supervisor: Supervisor, request: TracerRequest): unknown {
  const { params } = request;
  switch (request.method) {
    case 'status':
      return status(supervisor);
    case 'points':
      return pointsOf(findProcess(supervisor, params));
    case 'checkpoint':
      return operatorCheckpoint(supervisor, findProcess(supervisor, params), 'operator');
    case 'rewind':
      return rewind(supervisor, findProcess(supervisor, params), params);
    case 'detach':
      throw new BelayError('EINTERNAL', 'cannot detach: handled elsewhere');
  }
}

function pointsOf(process_: TracedProcess) {
  return process_.points.live.map((point) => ({
    ...describePoint(point),
    losses: lossesOf(process_, point),
  }));
}

/** What will not come back of a point, as its resources know already. */
function lossesOf({ resources }: TracedProcess, { image, time }: Point): string[] {
  const all = resources?.all ?? [];
  const named = all.flatMap((each, index) => each.losses?.(image[index], time) ?? []);
  const texts = named.slice(0, LOSSES_MAX).map(({ text }) => text);
  const more = named.length - texts.length;
  return more > 0 ? [...texts, `and ${more} more`] : texts;
}

function findProcess(supervisor: Supervisor, params: RequestParams): TracedProcess {
  const pid = params.pid ?? supervisor.program.rootPid;
  const process_ = supervisor.program.processes.get(pid);
  if (process_ === undefined) {
    throw new BelayError(
      'ESRCH',
      `cannot find process ${pid} in the program: it has ended, or another process traces it`,
    );
  }
  return process_;
}

function status(supervisor: Supervisor): ProgramStatus[] {
  const { program } = supervisor;
  return [...program.processes.values()].map((process_) => {
    const command = readCommand(process_.group.living);
    return { ...describe(program, process_), command, names: readNames(process_.pid, command) };
  });
}

/** What was said of it once, and what holds now. */
function warningsOf({ warnings, sharing }: TracedProcess): string[] {
  if (sharing === undefined) return [...warnings];
  return [...warnings, `no points and no rollbacks now: ${sharing}`];
}

function describe(program: Program, process_: TracedProcess): Omit<ProgramStatus, 'command'> {
  return {
    pid: process_.pid,
    ppid: readParentPid(process_.pid),
    threads: process_.group.threads.size,
    points: process_.points.live.length,
    falls: process_.falls,
    uptimeMs: Date.now() - process_.startedAt,
    savedBytes: savedBytesOf(process_),
    supervisorPid: process.pid,
    options: { ...program.options, on: [...program.options.on] },
    warnings: warningsOf(process_),
  };
}

/** Make a point from outside. Throws BelayError. */
export function operatorCheckpoint(
  supervisor: Supervisor,
  process_: TracedProcess,
  origin: PointOrigin,
): CheckpointResult {
  if (process_.sharesMemory) {
    throw new BelayError(
      'EUNSUPPORTED',
      `cannot checkpoint process ${process_.pid}: its memory is not its own`,
      {
        hint: 'it shares that of another process (vfork, CLONE_VM) until it execs; try again',
      },
    );
  }
  if (!process_.points.makeRoom(supervisor.program.options.maxPoints)) {
    throw new BelayError('ENOMEM', `cannot checkpoint process ${process_.pid}: too many points`, {
      hint: 'see --max-points',
    });
  }
  const startedAt = process.hrtime();
  const cd = process_.lastCd + 1;
  makeRoomAhead(supervisor.program, process_);
  const outcome = checkpoint(process_, {
    ...{ cd, origin, caller: undefined, why: 0, whySizeBytes: 0, startedAt },
    makeRoom: (error) => makeRoom(supervisor.program, process_, error),
  });
  if (outcome.ok) process_.lastCd = cd;
  supervisor.release(process_);
  if (!outcome.ok) throw outcome.error;
  const { point } = outcome;
  supervisor.tellPoint(process_, point);
  return { cd, pauseUs: point.pauseNs / 1000, pages: point.pages };
}

function rewind(
  supervisor: Supervisor,
  process_: TracedProcess,
  params: RequestParams,
): RewindResult {
  const point = findTarget(process_, params.cd);
  const startedAt = process.hrtime();
  const why = { cause: CAUSE.operator, value: params.value ?? 0 };
  const result = supervisor.jump(process_, point, why, { startedAt });
  if (typeof result === 'string') {
    throw new BelayError('EFALLBACK', `cannot rewind process ${process_.pid}: ${result}`);
  }
  const [seconds, nanoseconds] = process.hrtime(startedAt);
  return { cd: point.cd, pages: result.pagesRestored, us: seconds * 1e6 + nanoseconds / 1000 };
}

function findTarget(process_: TracedProcess, cd: number | undefined): Point {
  const point = cd === undefined ? process_.points.live.at(-1) : process_.points.find(cd);
  if (point !== undefined) return point;
  const which = cd === undefined ? 'it has no point' : `it has no point ${cd}`;
  throw new BelayError('EBADF', `cannot rewind process ${process_.pid}: ${which}`, {
    hint: 'belay show lists the live points; belay checkpoint makes one',
  });
}
