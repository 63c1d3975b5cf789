/**
 * Whose the objects of System V are, who may use them, and how much a queue may hold: IPC_SET. The
 * program sets it again itself, so that the kernel says whether it may; who changed it the kernel
 * tells nobody, so what another process uses, too, is left.
 */
import { readlinkSync } from 'node:fs';
import { SYS } from '../../arch/x64/syscalls.ts';
import { errnoName } from '../../errors.ts';
import { encodeIpcRights, IPC_SET, type IpcRights } from '../../sys/ipc-perm.ts';
import { findLastSegment, readSegment } from '../../sys/shm.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { SegmentImage } from './ipc-image.ts';
import { usersOf } from './ipc-users.ts';

/** Chosen: a fraction of a millisecond. */
const SEGMENTS_MAX = 1024;
const NO_SEGMENTS: readonly SegmentImage[] = [];

export type IpcSort = 'semaphores' | 'message queue' | 'segment';

export interface Owned {
  readonly id: number;
  readonly rights: IpcRights;
  readonly isOwn: boolean;
  readonly other: number;
  /** Of a queue: how much it may hold. */
  readonly maxBytes?: number;
}

export interface RightsPlan {
  readonly sort: IpcSort;
  readonly wanted: Owned;
}

export function captureSegments(stopped: Stopped): readonly SegmentImage[] {
  const last = Math.min(findLastSegment(), SEGMENTS_MAX);
  if (last < 0) return NO_SEGMENTS;
  return Array.from({ length: last + 1 }, (_, place) => readSegment(place)).flatMap((found) => {
    if (found === undefined) return [];
    const users = usersOf(stopped, found.pids, false);
    return users.isOwn ? [{ id: found.id, rights: found.rights, ...users }] : [];
  });
}

/** What is to be set again; what cannot be is named. */
export function planRights(
  sort: IpcSort,
  wanted: Owned,
  now: Owned | undefined,
  named: Named[],
): RightsPlan[] {
  if (now === undefined || isSame(wanted, now) || !(wanted.isOwn || now.isOwn)) return [];
  const other = wanted.other === 0 ? now.other : wanted.other;
  if (other === 0) return [{ sort, wanted }];
  named.push(lose(sort, wanted.id, `process ${other} uses it, too`));
  return [];
}

export function planSegments(
  stopped: Stopped,
  wanted: readonly SegmentImage[],
  named: Named[],
): RightsPlan[] {
  if (wanted.length === 0) return [];
  const now = new Map(captureSegments(stopped).map((each) => [each.id, each]));
  return wanted.flatMap((each) => planRights('segment', each, now.get(each.id), named));
}

/** Those that are as they were, or else named. */
export function putRightsBack(
  stopped: Stopped,
  plans: readonly RightsPlan[],
  named: Named[],
): RightsPlan[] {
  return plans.filter((plan) => {
    const why = set(stopped, plan);
    if (why !== undefined) named.push(lose(plan.sort, plan.wanted.id, why));
    return why === undefined;
  });
}

/** Why it is refused; undefined: it is not. */
function set(stopped: Stopped, { sort, wanted }: RightsPlan): string | undefined {
  const { living } = stopped;
  if (readUsers(living) !== readUsers('self')) return 'it is in another user namespace';
  const { calls, scratch } = stopped.remote();
  const { id, rights, maxBytes = 0 } = wanted;
  const place = scratch.put(encodeIpcRights(rights, maxBytes));
  const result =
    sort === 'semaphores'
      ? calls.call(SYS.semctl, id, 0, IPC_SET, place)
      : calls.call(sort === 'segment' ? SYS.shmctl : SYS.msgctl, id, IPC_SET, place);
  return result < 0 ? errnoName(-result) : undefined;
}

function isSame(one: Owned, other: Owned): boolean {
  return (
    one.rights.uid === other.rights.uid &&
    one.rights.gid === other.rights.gid &&
    one.rights.mode === other.rights.mode &&
    one.maxBytes === other.maxBytes
  );
}

function readUsers(tid: number | 'self'): string {
  try {
    return readlinkSync(`/proc/${tid}/ns/user`);
  } catch {
    return '';
  }
}

function lose(sort: IpcSort, id: number, why: string): Named {
  const text = `owner, mode or room of ${sort} ${id} are not put back: ${why}`;
  return { bit: LOST.shared, text };
}
