/**
 * belay's API for Node: run programs under supervision, and make and return to their points.
 *
 * @example
 * import { run } from 'belay';
 *
 * await using program = await run('./server', [], { every: 100 });
 * program.on('fall', (fall) => console.log(`${fall.signal} in ${fall.where?.function}`));
 * const point = await program.checkpoint();
 * await program.rewind(point.cd);
 */
export { BelayError, SyscallError } from './errors.ts';
export type { ErrorCode } from './errors.ts';
export { attach, list, run } from './client/run.ts';
export type { RunProgramOptions, SuperviseOptions } from './client/run.ts';
export { Supervised } from './client/supervised.ts';
export type { ExitStatus, SupervisedEvents, WhichProcess } from './client/supervised.ts';
export type {
  CheckpointResult,
  CodeLocation,
  FallRecord,
  GiveupRecord,
  PointEvent,
  PointRecord,
  ProgramStatus,
  SupervisorEvent,
} from './protocol/records.ts';
export type { UnknownRecord } from './protocol/unknown-record.ts';
