/**
 * The resource of what a program has set of itself, and nobody else is told: see settings.ts. It is
 * asked at the first points, and then very seldom (`AskBudget`), for hardly any program changes it.
 * A point without has what the one before had: what is found to be another at a rollback is put
 * back, and named then.
 */
import { ConfinedError } from '../../tracee/confinement.ts';
import type { AskBudget } from '../ask-budget.ts';
import { nameGuess } from '../guess.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { askSettings, isSameSettings, putSettingsBack, type Settings } from './settings.ts';
import {
  isSameSurroundings,
  nameEntered,
  readSurroundings,
  type Surroundings,
} from './surroundings.ts';

const VERSION = 2;
const WHAT = 'parent-death signal, subreaper, dumpable and the like';

/** Who the program is. */
interface IdentityLines {
  isSameIdentity(lines: Uint8Array): boolean;
  copyIdentity(): Uint8Array;
}

export interface OwnSettingsImage {
  /** Who it was: lines of /proc/PID/status. */
  readonly identity: Uint8Array;
  /** Undefined: it could not be asked. */
  readonly settings: Settings | undefined;
  readonly surroundings: Surroundings;
  /** It was asked at the point itself. */
  readonly isAsked: boolean;
}

export class OwnSettings implements Resource<OwnSettingsImage, OwnSettingsImage> {
  readonly name = 'settings of its own';
  private readonly status: IdentityLines;
  private readonly looks: AskBudget;
  private readonly falls: AskBudget;
  private wasChanged = false;

  constructor(status: IdentityLines, looks: AskBudget, falls: AskBudget) {
    this.status = status;
    this.looks = looks;
    this.falls = falls;
  }

  /** The same object for as long as nothing changes, or is asked. */
  capture(stopped: Stopped, before: OwnSettingsImage | undefined): OwnSettingsImage {
    const { looks, status } = this;
    const isSamePerson = before !== undefined && status.isSameIdentity(before.identity);
    const identity = isSamePerson ? before.identity : status.copyIdentity();
    if (before !== undefined && !looks.isLeft(stopped.isMeant)) {
      return before.isAsked || !isSamePerson ? { ...before, identity, isAsked: false } : before;
    }
    const now = looks.spend(() => ({
      settings: tryAsk(stopped),
      surroundings: readSurroundings(stopped.living),
    }));
    const settings = now.settings ?? before?.settings;
    const isAsked = now.settings !== undefined;
    this.wasChanged ||= before !== undefined && !isSameOrNone(before.settings, settings);
    const isSame =
      isSamePerson &&
      before.isAsked === isAsked &&
      isSameOrNone(before.settings, settings) &&
      isSameSurroundings(before.surroundings, now.surroundings);
    return isSame ? before : { identity, settings, surroundings: now.surroundings, isAsked };
  }

  prepare(_stopped: Stopped, image: OwnSettingsImage): OwnSettingsImage {
    return image;
  }

  /** As often as it may cost; a program that has never changed any is not told that it was not. */
  apply(stopped: Stopped, image: OwnSettingsImage): Applied {
    const { identity, settings, isAsked } = image;
    const isLooked = settings !== undefined && this.falls.isLeft(true);
    if (!isLooked) {
      const isKnown = settings !== undefined && !this.wasChanged;
      return isKnown ? {} : { lost: [nameGuess(LOST.attributes, WHAT)] };
    }
    const isSomebodyElse = !this.status.isSameIdentity(identity);
    const { changed, refused, entered } = this.falls.spend(() => ({
      ...putSettingsBack(stopped, askSettings(stopped, settings), settings, isSomebodyElse),
      entered: nameEntered(image.surroundings, readSurroundings(stopped.living)),
    }));
    const hasChanged = changed.length + refused.length > 0;
    this.falls.noteResult(hasChanged || entered.length > 0);
    this.wasChanged ||= hasChanged;
    const since = isAsked ? [] : changed;
    const lost = [
      ...refused.map((what) => `${what} stays as it is`),
      ...since.map((what) => `${what} is as it was some time before the point`),
      ...entered,
    ];
    return { lost: lost.map((text): Named => ({ bit: LOST.attributes, text })) };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: OwnSettingsImage): Uint8Array {
    const { settings, ...rest } = image;
    return encodeImage(VERSION, settings === undefined ? rest : image);
  }

  decode(bytes: Uint8Array): OwnSettingsImage {
    const { settings, ...rest } = decodeImage(VERSION, bytes) as OwnSettingsImage;
    return { settings, ...rest };
  }

  close(): void {
    // Holds nothing.
  }
}

function isSameOrNone(one: Settings | undefined, other: Settings | undefined): boolean {
  return one === undefined || other === undefined ? one === other : isSameSettings(one, other);
}

function tryAsk(stopped: Stopped): Settings | undefined {
  try {
    return askSettings(stopped);
  } catch (error) {
    if (error instanceof ConfinedError) return undefined;
    throw error;
  }
}
