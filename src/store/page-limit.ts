/**
 * How many pages may be kept for all processes of a program: `--memory`.
 *
 * A page counts from when it is claimed, which is before it is copied, until it is freed. So what
 * was begun can be finished, whatever others want meanwhile.
 */
import { PAGE_SIZE } from '../arch/x64/syscalls.ts';
import { BelayError } from '../errors.ts';

const MB = 2 ** 20;

/** There is no room for what a point needs; nothing was lost. */
export class NoRoomError extends BelayError {
  /** To be had for another try; at least, where it broke off before all was known. */
  readonly pages: number;
  /** What the point would take if there were no others; undefined: not known. */
  readonly pagesAlone: number | undefined;

  constructor(limit: PageLimit, pages: number, pagesAlone?: number) {
    const size = `${Math.round((limit.most * PAGE_SIZE * 10) / MB) / 10} MB`;
    super('ENOMEM', `cannot keep another point: it does not fit into the ${size} of --memory`, {
      hint: 'forget points that are of no more use, or allow more with --memory',
    });
    this.pages = pages;
    this.pagesAlone = pagesAlone;
  }
}

export class PageLimit {
  readonly most: number;
  private taken = 0;

  /** @param bytes undefined: there is no limit */
  constructor(bytes?: number) {
    this.most = bytes === undefined ? Infinity : Math.floor(bytes / PAGE_SIZE);
  }

  /** Pages that may still be claimed. */
  get room(): number {
    return this.most - this.taken;
  }

  /** @throws NoRoomError */
  claim(count: number): void {
    if (count > this.room) throw new NoRoomError(this, count);
    this.taken += count;
  }

  giveBack(count: number): void {
    this.taken -= count;
  }
}
