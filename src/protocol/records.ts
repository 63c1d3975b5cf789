/**
 * What belay tells about itself: statuses, points, falls and the other events of `belay log`.
 *
 * Addresses are hex strings (`0x7f…`), times milliseconds since 1970; durations carry their unit.
 * What does not fit is not lost: readers take it as it is (unknown-record.ts).
 * The supervisor's tracer imports these as types only; whoever receives a record parses it.
 */
import * as z from 'zod/mini';
import { CHILDREN, PEERS, SHARED_OFFSETS, SIGNAL_NAME } from '../options/run-options.ts';

const count = z.int().check(z.nonnegative());
const pid = z.int().check(z.positive());
const milliseconds = z.number().check(z.nonnegative());
const microseconds = z.number().check(z.nonnegative());
const hexAddress = z.string().check(z.regex(/^0x[0-9a-f]{1,16}$/));
const text = z.string();

export const runOptionsSchema = z.object({
  on: z.array(z.string().check(z.regex(SIGNAL_NAME))),
  retries: count,
  every: z.optional(count),
  auto: z.optional(z.boolean()),
  maxPoints: count,
  memory: z.optional(count),
  verbose: z.boolean(),
  sharedOffsets: z.optional(z.enum(SHARED_OFFSETS)),
  peers: z.optional(z.enum(PEERS)),
  children: z.optional(z.enum(CHILDREN)),
  noChildren: z.optional(z.literal(true)),
});

/** One supervised process, as `belay ps` shows it. */
export const programStatusSchema = z.object({
  pid,
  ppid: count,
  command: z.array(text),
  /** What it can be called by: its file, its title, the name in /proc/PID/comm. */
  names: z.optional(z.array(text)),
  threads: count,
  points: count,
  falls: count,
  uptimeMs: milliseconds,
  savedBytes: count,
  supervisorPid: pid,
  options: runOptionsSchema,
  warnings: z.array(text),
});

/** One live fallback point, as `belay show` shows it. */
export const pointRecordSchema = z.object({
  cd: pid,
  origin: z.enum(['program', 'operator', 'every']),
  time: milliseconds,
  tid: pid,
  threads: count,
  pages: count,
  bytes: count,
  rollbacks: count,
  falls: count,
  pauseUs: microseconds,
  /** What will not come back as it was, known already. */
  losses: z.optional(z.array(text)),
});

/** Earlier releases wrote a number, of which what is above 2^53 was rounded. */
const moduleOffset = z.union([
  hexAddress,
  z.pipe(
    milliseconds,
    z.transform((offset) => `0x${BigInt(Math.trunc(offset)).toString(16)}`),
  ),
]);

/** An instruction by name, as far as symbols allow. */
export const codeLocationSchema = z.object({
  function: z.optional(text),
  offset: z.optional(count),
  file: z.optional(text),
  line: z.optional(count),
  path: text,
  /** In the file as linked: what `addr2line -e path` takes. */
  moduleOffset,
});

/** Where a thread was when it fell; shared by falls that were caught and those that were not. */
const plunge = {
  time: milliseconds,
  pid,
  tid: pid,
  thread: text,
  signal: z.optional(text),
  signo: z.optional(z.int()),
  code: z.optional(z.int()),
  codeName: z.optional(text),
  address: z.optional(hexAddress),
  ip: z.optional(hexAddress),
  where: z.optional(codeLocationSchema),
  /** Why `where` has no names, when its symbols could not be read. */
  unnamed: z.optional(text),
  mapping: z.optional(text),
};

/** A rollback that was done. `us` is the pause that the program saw. */
export const fallRecordSchema = z.object({
  type: z.literal('fall'),
  ...plunge,
  cause: z.enum(['signal', 'longjmp', 'operator']),
  value: z.optional(z.int()),
  cd: pid,
  rollbacks: count,
  pagesRestored: count,
  pagesDropped: count,
  mappingsRestored: count,
  threadsEnded: count,
  threadsRecreated: count,
  descriptorsClosed: count,
  us: microseconds,
  warnings: z.array(text),
});

/** A signal that was delivered as if belay were not there: no point was left to try. */
export const giveupRecordSchema = z.object({
  type: z.literal('giveup'),
  ...plunge,
  falls: count,
  reason: text,
});

const event = { time: milliseconds, pid };
/** What a process could be called by at that moment, as in programStatusSchema. */
const names = z.optional(z.array(text));

export const pointEventSchema = z.object({
  type: z.literal('point'),
  pid,
  ...pointRecordSchema.shape,
});
export const exitRecordSchema = z.object({
  type: z.literal('exit'),
  ...event,
  code: z.nullable(z.int()),
  signal: z.nullable(text),
  names,
});
export const execRecordSchema = z.object({
  type: z.literal('exec'),
  ...event,
  command: z.array(text),
  names,
});
export const forkRecordSchema = z.object({ type: z.literal('fork'), ...event, child: pid });
export const warningRecordSchema = z.object({
  type: z.literal('warning'),
  ...event,
  message: text,
});
export const detachRecordSchema = z.object({ type: z.literal('detach'), ...event, reason: text });

/** Records that are missing: how many, since when, and why they could not be kept. */
export const lostRecordSchema = z.object({
  type: z.literal('lost'),
  ...event,
  count,
  since: milliseconds,
  reason: text,
});

/** Events as subscribers get them. */
export const supervisorEventSchema = z.discriminatedUnion('type', [
  pointEventSchema,
  fallRecordSchema,
  giveupRecordSchema,
  exitRecordSchema,
  execRecordSchema,
  forkRecordSchema,
  warningRecordSchema,
  detachRecordSchema,
  lostRecordSchema,
]);

/** The log's first line. */
export const startRecordSchema = z.object({
  type: z.literal('start'),
  ...event,
  supervisorPid: pid,
  command: z.array(text),
  names,
  /** How many children ran already and were taken as well. */
  children: z.optional(count),
  version: text,
});

/** Added by a reader of the log: the supervisor was killed in the middle of a rollback to `cd`. */
export const killedRecordSchema = z.object({
  type: z.literal('killed'),
  ...event,
  cd: count,
  message: text,
});

/** The lines of `log.ndjson`. */
export const logRecordSchema = z.discriminatedUnion('type', [
  startRecordSchema,
  killedRecordSchema,
  fallRecordSchema,
  giveupRecordSchema,
  exitRecordSchema,
  execRecordSchema,
  forkRecordSchema,
  warningRecordSchema,
  detachRecordSchema,
  lostRecordSchema,
]);

export const checkpointResultSchema = z.object({ cd: pid, pauseUs: microseconds, pages: count });
export const rewindResultSchema = z.object({ cd: pid, pages: count, us: microseconds });

export type ProgramStatus = z.infer<typeof programStatusSchema>;
export type PointRecord = z.infer<typeof pointRecordSchema>;
export type CodeLocation = z.infer<typeof codeLocationSchema>;
export type FallRecord = z.infer<typeof fallRecordSchema>;
export type GiveupRecord = z.infer<typeof giveupRecordSchema>;
export type PointEvent = z.infer<typeof pointEventSchema>;
export type ExitRecord = z.infer<typeof exitRecordSchema>;
export type ExecRecord = z.infer<typeof execRecordSchema>;
export type ForkRecord = z.infer<typeof forkRecordSchema>;
export type WarningRecord = z.infer<typeof warningRecordSchema>;
export type DetachRecord = z.infer<typeof detachRecordSchema>;
export type LostRecord = z.infer<typeof lostRecordSchema>;
export type StartRecord = z.infer<typeof startRecordSchema>;
export type KilledRecord = z.infer<typeof killedRecordSchema>;
export type SupervisorEvent = z.infer<typeof supervisorEventSchema>;
export type LogRecord = z.infer<typeof logRecordSchema>;
export type CheckpointResult = z.infer<typeof checkpointResultSchema>;
export type RewindResult = z.infer<typeof rewindResultSchema>;
