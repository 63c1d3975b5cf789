/**
 * Threads with a descriptor table of their own: unshare(CLONE_FILES), clone without CLONE_FILES.
 * Only the table of the others is put back, so these are named: at a point, as often as looking may
 * cost, and after every rollback.
 */
import { hasOtherTable } from '../../sys/process.ts';
import { AskBudget } from '../ask-budget.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';

const VERSION = 1;
/** Chosen: more would not be read. */
const NAMED_MAX = 8;

/** Thread ids. */
export type OwnTablesImage = readonly number[];

const NONE: OwnTablesImage = [];

export class OwnTables implements Resource<OwnTablesImage, OwnTablesImage> {
  readonly name = 'descriptor tables of threads';
  private readonly budget = new AskBudget();

  capture(stopped: Stopped, before: OwnTablesImage | undefined): OwnTablesImage {
    if (stopped.group.threads.size === 1) return NONE;
    if (!this.budget.isLeft(stopped.isMeant)) return before ?? NONE;
    return this.budget.spend(() => find(stopped));
  }

  prepare(_stopped: Stopped, image: OwnTablesImage): OwnTablesImage {
    return image;
  }

  apply(stopped: Stopped, wanted: OwnTablesImage): Applied {
    return { lost: nameAll([...new Set([...wanted, ...find(stopped)])]) };
  }

  losses(image: OwnTablesImage): readonly Named[] {
    return nameAll(image);
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: OwnTablesImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): OwnTablesImage {
    return decodeImage(VERSION, bytes) as OwnTablesImage;
  }

  close(): void {
    // Holds nothing.
  }
}

function find({ group }: Stopped): OwnTablesImage {
  const { living, threads } = group;
  if (threads.size === 1) return NONE;
  const found = [...threads.keys()].filter((tid) => hasOtherTable(living, tid));
  return found.length === 0 ? NONE : found;
}

function nameAll(tids: readonly number[]): Named[] {
  if (tids.length === 0) return [];
  const more = tids.length > NAMED_MAX ? ` and ${tids.length - NAMED_MAX} more` : '';
  const who = `${tids.slice(0, NAMED_MAX).join(', ')}${more}`;
  const text = `descriptors of threads with a table of their own are not put back: ${who}`;
  return [{ bit: LOST.descriptors, text }];
}
