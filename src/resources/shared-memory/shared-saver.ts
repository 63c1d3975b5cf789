/** Saves the content of shared memory for a point, or says why it does not. */
import type { PageDelta } from '../../points/page-history.ts';
import { BelayError } from '../../errors.ts';
import type { Mapping } from '../../procfs/maps.ts';
import { listChildren } from '../../tasks/list-children.ts';
import { readStat } from '../../tasks/read-stat.ts';
import { AskBudget } from '../ask-budget.ts';
import type { Stopped } from '../stopped.ts';
import { isLeased, placeOf, type FoundObject } from './find-shared.ts';
import { readHeld, type HeldObject, type HeldObjects } from './held-object.ts';
import { findUsers, nameUser, type Sought } from './other-users.ts';
import type { Access } from './access.ts';
import { WithLastPage } from './last-page.ts';
import { isSwapUsed, isWhollyMapped, MappedAccess } from './mapped-access.ts';
import { isSameObject, type SharedObjectImage } from './shared-image.ts';
import type { SharedContent } from './shared-content.ts';

/** Chosen: 16 MiB in all, which take a few milliseconds to compare. */
const COMPARED_MAX_PAGES = 4096;
const TOO_LARGE = 'it is too large to be compared';
export const OUT_OF_REACH = 'only a privileged belay can reach it';
const HUGE = 'it is of huge pages';
export const UNREADABLE = 'it may not be read';
export const WATCHED = 'it is watched (inotify), and would be seen to be read';
export const LEASED = 'it is leased (F_SETLEASE)';

export class SharedSaver {
  private readonly held: HeldObjects;
  private readonly content: SharedContent;
  private readonly budget = new AskBudget();
  /** Who else has what, when that was looked at last: by key. */
  private users: ReadonlyMap<string, number> = new Map();

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
      const { image, pageCount } = this.saveOne(stopped, delta, each, room);
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
    this.users = findUsers(stopped, sought, relatives);
  }

  private saveOne(
    stopped: Stopped,
    delta: PageDelta,
    found: FoundObject,
    room: number,
  ): { readonly image: SharedObjectImage; readonly pageCount: number } {
    const { key, path } = found;
    const object = this.held.get(key);
    // What is not saved is not held either: its space would stay taken for nothing.
    const none = { key, path, place: placeOf(found), sizeBytes: 0, seals: 0, firstPage: -1 };
    const unsaved = whyUnsaved(object, found, this.users.get(key));
    if (object === undefined || unsaved === HUGE) {
      return { image: { ...none, unsaved }, pageCount: 0 };
    }
    const held = { ...none, firstPage: object.firstPage };
    if (unsaved !== undefined) return { image: { ...held, unsaved }, pageCount: 0 };
    const saved = withAccess(stopped, object, found.mappings, (access) => {
      const { sizeBytes, seals } = access;
      const data = access.listData(room);
      if (data === undefined) {
        return { image: { ...none, sizeBytes, seals, unsaved: TOO_LARGE }, pageCount: 0 };
      }
      const image = { ...none, firstPage: this.held.number(object), sizeBytes, seals };
      this.content.save(delta, object, access, data);
      const pageCount = data.reduce((sum, { first, end }) => sum + end - first, 0);
      return { image: { ...image, unsaved: undefined }, pageCount };
    });
    return saved ?? { image: { ...none, unsaved: UNREADABLE }, pageCount: 0 };
  }
}

/** What `work` makes of it; undefined: we have no right to. */
export function withAccess<Result>(
  stopped: Stopped,
  object: HeldObject,
  mappings: readonly Mapping[],
  work: (access: Access) => Result,
): Result | undefined {
  const mapped = new MappedAccess(stopped, mappings);
  if (object.fd < 0) return mayCall(stopped) ? work(mapped) : undefined;
  return readHeld(object, (file) => work(new WithLastPage(file, mapped, stopped)));
}

/** A program that confines itself cannot be asked, nor one that has no room left. */
function mayCall({ remote }: Stopped): boolean {
  try {
    return remote().scratch.reserve(1) !== 0;
  } catch (error) {
    if (error instanceof BelayError && ['EPERM', 'ENOMEM'].includes(error.code)) return false;
    throw error;
  }
}

/** A file leads to it, or its mappings do. */
export function isInReach(object: HeldObject, mappings: readonly Mapping[]): boolean {
  return object.fd >= 0 || (isWhollyMapped(mappings) && !isSwapUsed());
}

function isSaved({ unsaved }: SharedObjectImage): boolean {
  return unsaved === undefined;
}

function whyUnsaved(
  object: HeldObject | undefined,
  found: FoundObject,
  user: number | undefined,
): string | undefined {
  if (object === undefined || !isInReach(object, found.mappings)) return OUT_OF_REACH;
  if (!object.isPlain) return HUGE;
  if (user !== undefined) return nameUser(user);
  if (found.isWatched && object.fd >= 0) return WATCHED;
  return isLeased(found) ? LEASED : undefined;
}
