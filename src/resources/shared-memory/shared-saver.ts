/** Saves the content of shared memory for a point, or says why it does not. */
import type { PageDelta } from '../../points/page-history.ts';
import { seekSize } from '../../sys/fallocate.ts';
import { getSeals } from '../../sys/memfd.ts';
import { listChildren } from '../../tasks/list-children.ts';
import { readStat } from '../../tasks/read-stat.ts';
import { AskBudget } from '../ask-budget.ts';
import type { Stopped } from '../stopped.ts';
import { isLeased, placeOf, type FoundObject } from './find-shared.ts';
import { readHeld, type HeldObject, type HeldObjects } from './held-object.ts';
import { findUsers, nameUser, type Sought } from './other-users.ts';
import { isSameObject, type SharedObjectImage } from './shared-image.ts';
import { listData, type SharedContent } from './shared-content.ts';

/** Chosen: 16 MiB in all, which take a few milliseconds to compare. */
const COMPARED_MAX_PAGES = 4096;
const TOO_LARGE = 'it is too large to be compared';
const OUT_OF_REACH = 'only a privileged belay can reach it';
const HUGE = 'it is of huge pages';
export const UNREADABLE = 'it may not be read';
export const LEASED = 'it is leased (F_SETLEASE)';

export class SharedSaver {
  private readonly held: HeldObjects;
  private readonly content: SharedContent;
  private readonly budget = new AskBudget();

  constructor(held: HeldObjects, content: SharedContent) {
    this.held = held;
    this.content = content;
  }

  save(
    stopped: Stopped,
    delta: PageDelta,
    found: readonly FoundObject[],
    before: readonly SharedObjectImage[],
  ): SharedObjectImage[] {
    for (const each of found) this.held.hold(stopped.living, each);
    if (this.budget.isLeft(stopped.isMeant)) {
      this.budget.spend(() => {
        this.lookForUsers(stopped, found);
      });
    }
    let room = COMPARED_MAX_PAGES;
    const objects = found.flatMap((each) => {
      const { image, pageCount } = this.saveOne(delta, each, room);
      room -= pageCount;
      // What the program cannot write to is no loss of its own.
      if (image.unsaved !== undefined && !each.isWritable) return [];
      const former = before.find(({ key }) => key === image.key);
      return former !== undefined && isSameObject(former, image) ? [former] : [image];
    });
    const kept = new Set(objects.filter(isSaved).map(({ firstPage }) => firstPage));
    for (const former of before) {
      if (!isSaved(former) || kept.has(former.firstPage)) continue;
      this.content.forgetOthers(delta, former, []);
    }
    return objects;
  }

  /** Relatives are those who mostly have it; the others are looked at when it is to go back. */
  private lookForUsers(stopped: Stopped, found: readonly FoundObject[]): void {
    const { pid } = stopped;
    const parent = readStat(pid)?.ppid ?? 0;
    const relatives = [...(parent > 1 ? [parent] : []), ...listChildren(pid)];
    const sought = found.map((each): Sought => ({ ...each, mapped: each.mappings.length }));
    const users = findUsers(stopped, sought, relatives);
    for (const { key } of found) {
      const object = this.held.get(key);
      if (object !== undefined) object.user = users.get(key);
    }
  }

  private saveOne(
    delta: PageDelta,
    found: FoundObject,
    room: number,
  ): { readonly image: SharedObjectImage; readonly pageCount: number } {
    const { key, path } = found;
    const object = this.held.get(key);
    const firstPage = object?.firstPage ?? -1;
    const image = { key, path, place: placeOf(found), sizeBytes: 0, seals: 0, firstPage };
    const unsaved = whyUnsaved(object, found);
    if (unsaved !== undefined || object === undefined) {
      return { image: { ...image, unsaved }, pageCount: 0 };
    }
    const saved = readHeld(object, (fd) => {
      const sizeBytes = seekSize(fd);
      const seals = getSeals(fd);
      const data = listData(fd, sizeBytes, room);
      if (data === undefined) {
        return { image: { ...image, sizeBytes, seals, unsaved: TOO_LARGE }, pageCount: 0 };
      }
      this.content.save(delta, object, fd, data);
      const pageCount = data.reduce((sum, { first, end }) => sum + end - first, 0);
      return { image: { ...image, sizeBytes, seals, unsaved: undefined }, pageCount };
    });
    return saved ?? { image: { ...image, unsaved: UNREADABLE }, pageCount: 0 };
  }
}

function isSaved({ unsaved }: SharedObjectImage): boolean {
  return unsaved === undefined;
}

function whyUnsaved(object: HeldObject | undefined, found: FoundObject): string | undefined {
  if (object === undefined) return OUT_OF_REACH;
  if (!object.isPlain) return HUGE;
  if (object.user !== undefined) return nameUser(object.user);
  return isLeased(found) ? LEASED : undefined;
}
