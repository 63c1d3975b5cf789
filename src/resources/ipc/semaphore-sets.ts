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
  SETVAL,
  type IpcCount,
} from '../../sys/ipc.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { SetImage } from './ipc-image.ts';
import { planRights, putRightsBack, type RightsPlan } from './ipc-rights.ts';
import { usersOf } from './ipc-users.ts';

/** Chosen: a millisecond. What is more is named. */
const SEMAPHORES_MAX = 1024;
const NO_SETS: readonly SetImage[] = [];

export interface SetPlan {
  readonly id: number;
  readonly rights: readonly RightsPlan[];
  readonly changes: readonly (readonly [index: number, value: number])[];
}

export class SemaphoreSets {
  private known: IpcCount = { count: 0, highest: -1 };
  private ids: readonly number[] = [];
  /** On which the program has operated, as far as was seen. */
  private readonly own = new Set<number>();

  capture(stopped: Stopped): readonly SetImage[] {
    const ids = this.list();
    if (ids.length === 0) return NO_SETS;
    let left = SEMAPHORES_MAX;
    return ids.flatMap((id) => {
      const image = left > 0 ? this.read(stopped, id) : undefined;
      left -= image?.values.length ?? 0;
      return image === undefined ? [] : [image];
    });
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
    return this.list()
      .filter((id) => !old.has(id) && this.read(stopped, id)?.isOwn === true)
      .map((id) => ({ bit: LOST.shared, text: `semaphores ${id} were made since, and stay` }));
  }

  private read(stopped: Stopped, id: number): SetImage | undefined {
    const found = readSemaphores(id);
    if (found === undefined) return undefined;
    const users = usersOf(stopped, found.pids, this.own.has(id));
    if (users.isOwn) this.own.add(id);
    return { id, rights: found.rights, values: found.values, ...users };
  }

  /** Ids are looked for anew when there are more, fewer, or others. */
  private list(): readonly number[] {
    const now = countSemaphoreSets();
    if (now.count === 0) return [];
    const isSame = now.count === this.known.count && now.highest === this.known.highest;
    if (isSame && this.ids.every((id) => readSemaphores(id) !== undefined)) return this.ids;
    this.known = now;
    this.ids = Array.from({ length: now.highest + 1 }, (_, place) =>
      findSemaphoreSet(place),
    ).filter((id) => id >= 0);
    return this.ids;
  }
}

const UNDO = 'what SEM_UNDO would take back at the end of a process is not known, and cleared';

function lose(id: number, why: string): Named {
  return { bit: LOST.shared, text: `semaphores ${id} are not put back: ${why}` };
}
