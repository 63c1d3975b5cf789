/**
 * How the kernel is to run a thread: policy, nice value, priority, processors, timer slack, and the
 * priority of what it reads and writes. One that is made again has those of its maker, and must be
 * given its own.
 */
import { writeFileSync } from 'node:fs';
import { readIoPriority, writeIoPriority } from '../../sys/ioprio.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { CPU_SET_SIZE, schedGetaffinity, schedSetaffinity } from '../../sys/sched.ts';
import { SCHED_ATTR_SIZE, schedGetattr, schedSetattr } from '../../sys/sched-attr.ts';
import { ThreadFiles } from '../../tracee/thread-files.ts';

export interface Scheduling {
  /** struct sched_attr. */
  readonly attributes: Uint8Array;
  /** The mask of processors. */
  readonly affinity: Uint8Array;
  /** 0: it could not be read, which takes CAP_SYS_NICE. */
  readonly timerSlackNs: number;
  /** Of input and output, ioprio_set(2). */
  readonly ioPriority: number;
}

const attributes = new NativeBuffer(SCHED_ATTR_SIZE);
const mask = new NativeBuffer(CPU_SET_SIZE);
const slack = new NativeBuffer(32);

/** Undefined: the thread is gone, or the kernel does not tell. */
export function readScheduling(tid: number, slackFiles?: ThreadFiles): Scheduling | undefined {
  attributes.bytes.fill(0);
  mask.bytes.fill(0);
  if (!schedGetattr(tid, attributes) || !schedGetaffinity(tid, mask)) return undefined;
  return {
    attributes: new Uint8Array(attributes.bytes.subarray(0, SCHED_ATTR_SIZE)),
    affinity: new Uint8Array(mask.bytes),
    timerSlackNs: slackFiles === undefined ? readTimerSlack(tid) : readSlack(slackFiles, tid),
    ioPriority: readIoPriority(tid) ?? 0,
  };
}

export function isSameScheduling(one: Scheduling, other: Scheduling): boolean {
  return (
    Buffer.compare(one.attributes, other.attributes) === 0 &&
    Buffer.compare(one.affinity, other.affinity) === 0 &&
    one.timerSlackNs === other.timerSlackNs &&
    one.ioPriority === other.ioPriority
  );
}

/** Give a stopped thread what `wanted` says; in words what could not be given. */
export function writeScheduling(tid: number, wanted: Scheduling): string[] {
  const now = readScheduling(tid);
  if (now === undefined || isSameScheduling(now, wanted)) return [];
  const refused: string[] = [];
  if (Buffer.compare(now.attributes, wanted.attributes) !== 0) {
    attributes.bytes.set(wanted.attributes);
    if (!schedSetattr(tid, attributes)) refused.push('policy and nice value');
  }
  if (Buffer.compare(now.affinity, wanted.affinity) !== 0) {
    mask.bytes.set(wanted.affinity);
    if (!schedSetaffinity(tid, mask)) refused.push('processors');
  }
  if (now.ioPriority !== wanted.ioPriority && !writeIoPriority(tid, wanted.ioPriority)) {
    refused.push('priority of input and output');
  }
  if (wanted.timerSlackNs !== now.timerSlackNs && !writeTimerSlack(tid, wanted.timerSlackNs)) {
    refused.push('timer slack');
  }
  return refused;
}

/** Threads have one, too, although none is listed. */
export function slackPath(tid: number): string {
  return `/proc/${tid}/timerslack_ns`;
}

function readTimerSlack(tid: number): number {
  const files = new ThreadFiles(slackPath);
  try {
    return readSlack(files, tid);
  } finally {
    files.close();
  }
}

function readSlack(files: ThreadFiles, tid: number): number {
  const size = files.read(tid, slack);
  return size === 0 ? 0 : Number(slack.bytes.toString('latin1', 0, size));
}

function writeTimerSlack(tid: number, slackNs: number): boolean {
  try {
    writeFileSync(slackPath(tid), String(slackNs));
    return true;
  } catch {
    return false;
  }
}
