/**
 * Sets of System V semaphores. Their values go back where nobody but the program has operated on
 * them last, at the point and now. What is to be undone at the end of a process (SEM_UNDO) the
 * kernel tells nobody; setting a value clears it, as semctl(2) says.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import {
  countSemaphoreSets,
  findSemaphoreSet,
  readSemaphores,
  readSetStatus,
  SETVAL,
  type Semaphores,
  type SetStatus,
} from '../../sys/ipc.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { SetImage } from './ipc-image.ts';
import { planRights, putRightsBack, type RightsPlan } from './ipc-rights.ts';
import { IpcIds } from './ipc-ids.ts';
import { isSettled, nowInSeconds } from './ipc-times.ts';
import { usersOf } from './ipc-users.ts';

/** Chosen: a millisecond. What is more is named. */
const SEMAPHORES_MAX = 1024;
const NO_SETS: readonly SetImage[] = [];

export interface SetPlan {
  readonly id: number;
  readonly rights: readonly RightsPlan[];
  readonly changes: readonly (readonly [index: number, value: number])[];
}

/** What was read of a set, and when, in seconds since 1970. */
interface Read extends Semaphores {
  readonly status: SetStatus;
  readonly readAt: number;
}

export class SemaphoreSets {
  private readonly ids = new IpcIds(findSemaphoreSet);
  private readonly reads = new Map<number, Read>();
  /** On which the program has operated, as far as was seen. */
  private readonly own = new Set<number>();

  capture(stopped: Stopped): readonly SetImage[] {
    const count = countSemaphoreSets();
    if (count.count === 0) return NO_SETS;
    const images = this.ids.readThose(count, (ids) => this.readAll(stopped, ids));
    if (this.reads.size > images.length) this.forgetOthers(images);
    return images;
  }

  /** What is to be set; what cannot be is named. */
  plan(stopped: Stopped, wanted: readonly SetImage[], named: Named[]): SetPlan[] {
    return wanted.flatMap((image) => {
      const now = this.read(stopped, image.id);
      const isConcern = image.isOwn || now?.isOwn === true;
      if (now?.values.length !== image.values.length) {
        if (isConcern) named.push(lose(image.id, 'it was removed since'));
        return [];
      }
      const changes = image.values
        .map((value, index) => [index, value] as const)
        .filter(([index, value]) => now.values[index] !== value);
      const rights = planRights('semaphores', image, now, named);
      if (changes.length + rights.length === 0 || !isConcern) return [];
      const other = image.other === 0 ? now.other : image.other;
      if (other === 0) return [{ id: image.id, rights, changes }];
      named.push(lose(image.id, `process ${other} operates on it, too`));
      return [];
    });
  }

  apply(stopped: Stopped, plans: readonly SetPlan[], named: Named[]): void {
    for (const { id, changes, rights } of plans) {
      putRightsBack(stopped, rights, named);
      if (changes.length === 0) continue;
      const { calls } = stopped.remote();
      const isRefused = changes.some(([index, value]) => {
        return calls.call(SYS.semctl, id, index, SETVAL, value) < 0;
      });
      if (isRefused) named.push(lose(id, 'it may not be set'));
      else named.push({ ...lose(id, UNDO), text: `semaphores ${id}: ${UNDO}`, isGuess: true });
    }
  }

  /** Sets that were made since, of which the program was the last user. */
  findNew(stopped: Stopped, wanted: readonly SetImage[]): Named[] {
    const old = new Set(wanted.map(({ id }) => id));
    return this.capture(stopped)
      .filter(({ id, isOwn }) => isOwn && !old.has(id))
      .map(({ id }) => ({ bit: LOST.shared, text: `semaphores ${id} were made since, and stay` }));
  }

  private forgetOthers(images: readonly SetImage[]): void {
    const known = new Set(images.map(({ id }) => id));
    for (const id of this.reads.keys()) if (!known.has(id)) this.reads.delete(id);
  }

  private readAll(stopped: Stopped, ids: readonly number[]): (SetImage | undefined)[] {
    let left = SEMAPHORES_MAX;
    const images: (SetImage | undefined)[] = [];
    for (const id of ids) {
      if (left <= 0) break;
      const image = this.read(stopped, id);
      left -= image?.values.length ?? 0;
      images.push(image);
    }
    return images;
  }

  private read(stopped: Stopped, id: number): SetImage | undefined {
    const found = this.readSet(id);
    if (found === undefined) return undefined;
    const users = usersOf(stopped, found.pids, this.own.has(id));
    if (users.isOwn) this.own.add(id);
    return { id, rights: found.status.rights, values: found.values, ...users };
  }

  /** The same as before where nobody has done anything since. */
  private readSet(id: number): Read | undefined {
    const readAt = nowInSeconds();
    const status = readSetStatus(id);
    const before = this.reads.get(id);
    this.reads.delete(id);
    if (status === undefined) return undefined;
    const isSame = before !== undefined && isUnchanged(before, status);
    const read = isSame ? before : readSemaphores(id, status.count);
    if (read === undefined) return undefined;
    const now = { readAt, ...read, status };
    this.reads.set(id, now);
    return now;
  }
}

function isUnchanged({ status, readAt }: Read, now: SetStatus): boolean {
  const { count, operatedAt, changedAt } = now;
  const isSame =
    status.count === count && status.operatedAt === operatedAt && status.changedAt === changedAt;
  return isSame && isSettled(Math.max(operatedAt, changedAt), readAt);
}

const UNDO = 'what SEM_UNDO would take back at the end of a process is not known, and cleared';

function lose(id: number, why: string): Named {
  return { bit: LOST.shared, text: `semaphores ${id} are not put back: ${why}` };
}
