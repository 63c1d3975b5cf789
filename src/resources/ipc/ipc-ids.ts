/**
 * The ids of System V objects of a kind: the kernel's list is gone through place by place only when
 * there are more, fewer, or others.
 */
import type { IpcCount } from '../../sys/ipc.ts';

export class IpcIds {
  private readonly find: (place: number) => number;
  private known: IpcCount = { count: 0, highest: -1 };
  private ids: readonly number[] = [];

  /** @param find the id of what is at a place, or minus errno */
  constructor(find: (place: number) => number) {
    this.find = find;
  }

  /**
   * What `readAll` makes of each that is there; undefined: it is gone. Where none of the former
   * is gone, and the numbers are the same, there is no other.
   */
  readThose<Image>(
    now: IpcCount,
    readAll: (ids: readonly number[]) => readonly (Image | undefined)[],
  ): Image[] {
    const { count, highest } = this.known;
    const isSame = now.count === count && now.highest === highest;
    const images = isSame ? readAll(this.ids) : [undefined];
    const all = images.includes(undefined) ? readAll(this.list(now)) : images;
    return all.filter((image) => image !== undefined);
  }

  private list(now: IpcCount): readonly number[] {
    this.known = now;
    this.ids = Array.from({ length: now.highest + 1 }, (_, place) => this.find(place)).filter(
      (id) => id >= 0,
    );
    return this.ids;
  }
}
