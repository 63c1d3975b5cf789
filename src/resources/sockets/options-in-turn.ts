/**
 * Asks for the options of sockets when a point is made: nothing tells when they have changed, so it
 * is done as long as it may cost, and what was not asked for is not put back.
 */
import { AskBudget } from '../ask-budget.ts';
import type { Copies } from '../copies.ts';
import { LOST, type Named } from '../resource.ts';
import { readOptions, restoreOptions } from './options.ts';
import type { OptionsImage, SocketImage, SocketsImage } from './socket-image.ts';
import type { SocketTable } from './socket-table.ts';

/** Chosen: 20 µs each, at a point and at a rollback. */
const ASKED_MAX = 32;

export class OptionsInTurn {
  private readonly budget = new AskBudget(false, true);
  private turn = 0;
  /** What was read last, to be shared where it is the same. */
  private readonly last = new Map<number, OptionsImage>();

  /** @param first inodes of those that are asked first */
  read(
    isMeant: boolean,
    sockets: SocketTable,
    copies: Copies,
    first: Iterable<number>,
  ): readonly OptionsImage[] {
    if (!this.budget.isLeft(isMeant)) return [];
    return this.budget.spend(() => {
      return this.choose(sockets, first).flatMap((image) => this.ask(image, copies));
    });
  }

  forget(inode: number): void {
    this.last.delete(inode);
  }

  private choose(sockets: SocketTable, first: Iterable<number>): SocketImage[] {
    const { all } = sockets;
    const chosen = new Set<SocketImage>();
    for (const inode of first) {
      const image = sockets.get(inode);
      if (image !== undefined && chosen.size < ASKED_MAX) chosen.add(image);
    }
    const most = Math.min(ASKED_MAX, all.length);
    for (let step = 0; step < all.length && chosen.size < most; step += 1) {
      this.turn = (this.turn + 1) % all.length;
      const image = all[this.turn];
      if (image !== undefined) chosen.add(image);
    }
    return [...chosen];
  }

  private ask({ fd, inode, type }: SocketImage, copies: Copies): OptionsImage[] {
    if (type === undefined) return [];
    const values = copies.use(fd, (own) => readOptions(own, type));
    if (values === undefined) return [];
    const known = this.last.get(inode);
    if (known !== undefined && Buffer.compare(known.values, values) === 0) return [known];
    const image = { inode, values };
    this.last.set(inode, image);
    return [image];
  }
}

/** Set back those that were asked for at the point. */
export function putOptionsBack(
  { options, sockets }: SocketsImage,
  now: SocketTable,
  copies: Copies,
): Named[] {
  const bit = LOST.peers;
  const named = options.flatMap(({ inode, values }): Named[] => {
    const image = now.get(inode);
    const type = image?.type;
    if (image === undefined || type === undefined) return [];
    const failed = copies.use(image.fd, (own) => restoreOptions(own, type, values)) ?? ['all'];
    if (failed.length === 0) return [];
    return [
      { bit, text: `options of socket ${image.fd} are not as they were: ${failed.join(', ')}` },
    ];
  });
  const unasked = sockets.length - options.length;
  return unasked > 0 ? [...named, nameUnasked(unasked)] : named;
}

/** Of a socket that takes the place of one of the point: what cannot be set, if it is known. */
export function setOptionsOf(
  { options, sockets }: SocketsImage,
  inode: number,
  own: number,
): readonly string[] {
  const wanted = options.find((image) => image.inode === inode);
  const type = sockets.find((image) => image.inode === inode)?.type;
  // What was not asked for is named as such, of all sockets.
  if (wanted === undefined || type === undefined) return [];
  return restoreOptions(own, type, wanted.values);
}

export function nameUnasked(count: number): Named {
  const text = `options of ${count} sockets are left as they are: not asked for at the point`;
  return { bit: LOST.peers, text, isGuess: true };
}
