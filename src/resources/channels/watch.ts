/**
 * Knows which channels have something in them, for the price of one call however many there are: a
 * set of ours watches the reading ends. It holds none of them open, and what the program closes
 * leaves it by itself.
 *
 * A pipe with a name is always looked at: the program may have opened it anew by the same number,
 * which looks as if nothing had been. So is what could not be added.
 */
import { constants } from 'node:os';
import { ReadySet, type Ready } from '../../sys/ready-set.ts';
import type { Copies } from '../copies.ts';
import type { Channel } from './find-channels.ts';

const { EEXIST } = constants.errno;
/** Chosen: entries of what is a channel no more are given up with the whole set. */
const SPARE = 64;

export class Watch {
  private set: ReadySet | undefined = undefined;
  /** Channel and number that lead to what is in the set. */
  private added = new Set<string>();
  private count = 0;
  private unwatched: readonly number[] = [];

  /** Watch these, by descriptors that `copies` has now. */
  update(channels: readonly Channel[], copies: Copies): void {
    const wanted = new Map<string, readonly [key: number, fd: number]>();
    for (const { key, readers, isNamed } of channels)
      if (!isNamed) for (const fd of readers) wanted.set(`${key} ${fd}`, [key, fd]);
    if (this.count > 2 * wanted.size + SPARE) this.close();
    const unwatched = new Set(channels.filter(({ isNamed }) => isNamed).map(({ key }) => key));
    this.set ??= new ReadySet();
    const added = new Set<string>();
    for (const [name, [key, fd]] of wanted) {
      if (this.added.has(name) || this.add(this.set, key, fd, copies)) added.add(name);
      else unwatched.add(key);
    }
    this.added = added;
    this.unwatched = [...unwatched];
  }

  private add(set: ReadySet, key: number, fd: number, copies: Copies): boolean {
    const result = set.add(copies.of(fd), key);
    copies.giveBack();
    this.count += 1;
    return result === 0 || result === -EEXIST;
  }

  /** Those that may have something in them, by key. */
  list(): Map<number, Ready> {
    const found = new Map<number, Ready>();
    for (const key of this.unwatched)
      found.set(key, { key, isReadable: true, isUrgent: false, isShut: false });
    for (const ready of this.set?.list() ?? []) found.set(ready.key, ready);
    return found;
  }

  close(): void {
    this.set?.close();
    this.set = undefined;
    this.added = new Set();
    this.count = 0;
  }
}
