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

  /** Those of before, unless the numbers say otherwise: where all are there, there is no other. */
  ifSame({ count, highest }: IpcCount): readonly number[] | undefined {
    const isSame = count === this.known.count && highest === this.known.highest;
    return isSame ? this.ids : undefined;
  }

  list(now: IpcCount): readonly number[] {
    this.known = now;
    this.ids = Array.from({ length: now.highest + 1 }, (_, place) => this.find(place)).filter(
      (id) => id >= 0,
    );
    return this.ids;
  }
}
