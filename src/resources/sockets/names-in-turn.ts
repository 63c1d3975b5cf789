/**
 * Asks for the names of sockets that are no connections: nothing tells when they are bound or
 * connected elsewhere. Those that listen are asked once. A few others are asked at each point, and
 * more as long as it may cost; of what was not asked for, a change is named, and nothing is done.
 */
import { AskBudget } from '../ask-budget.ts';
import type { Copies } from '../copies.ts';
import type { SocketTable } from './socket-table.ts';
import { canChange, hasName, isSameName, lookAtName } from './socket-name.ts';

/** Chosen: at each point, some 5 µs each; and so many more before the budget is asked again. */
const ASKED_MIN = 8;

export class NamesInTurn {
  private readonly budget = new AskBudget(false, true);
  /** Inodes of those whose names can change; those that were asked last come last. */
  private readonly changing = new Set<number>();
  /** Inodes of those that are to be asked once. */
  private readonly fresh = new Set<number>();

  /** It has just been looked at. */
  consider(sockets: SocketTable, inode: number): void {
    const image = sockets.get(inode);
    if (image === undefined) return;
    if (!canChange(image)) this.changing.delete(inode);
    else this.changing.add(inode);
    const isNamed = hasName(image);
    if (isNamed && image.name?.listens !== true) this.fresh.add(inode);
    else this.fresh.delete(inode);
    if (!isNamed && image.name !== undefined) sockets.set({ ...image, name: undefined });
  }

  /** Inodes of those that were not asked, ascending. */
  read(isMeant: boolean, sockets: SocketTable, copies: Copies): readonly number[] {
    const { changing, fresh } = this;
    if (changing.size + fresh.size === 0) return [];
    const asked = new Set<number>();
    const order = [...fresh, ...[...changing].filter((inode) => !fresh.has(inode))];
    for (let from = 0; from < order.length; from += ASKED_MIN) {
      if (from > 0 && !this.budget.isLeft(isMeant)) break;
      const some = order.slice(from, from + ASKED_MIN);
      const ask = (): void => {
        for (const inode of some) if (this.ask(sockets, copies, inode)) asked.add(inode);
      };
      if (from > 0) this.budget.spend(ask);
      else ask();
    }
    return [...changing].filter((inode) => !asked.has(inode)).sort((one, other) => one - other);
  }

  forget(inode: number): void {
    this.changing.delete(inode);
    this.fresh.delete(inode);
  }

  private ask(sockets: SocketTable, copies: Copies, inode: number): boolean {
    this.fresh.delete(inode);
    // To the end of the queue.
    if (this.changing.delete(inode)) this.changing.add(inode);
    const image = sockets.get(inode);
    const type = image?.type;
    if (image === undefined || type === undefined) return false;
    const name = copies.use(image.fd, (own) => lookAtName(own, type));
    if (name === undefined) return false;
    if (!isSameName(image.name, name)) sockets.set({ ...image, name });
    return true;
  }
}
