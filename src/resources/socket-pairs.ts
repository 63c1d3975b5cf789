/**
 * Pairs of unix(7) sockets whose both ends the program has, and nobody else. Here meet those who
 * find them (channels), who know how they were set (sockets), and who make them anew (descriptors).
 */
export interface SocketPair {
  /** The inodes of both. */
  readonly ends: readonly [number, number];
  /** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
  readonly type: number;
}

export class SocketPairs {
  private readonly byTable = new WeakMap<object, readonly SocketPair[]>();
  private places: ReadonlyMap<number, number> = new Map();
  /**
   * Set the options that a socket had at the point that is gone back to, of a socket of ours; the
   * names of those that cannot be.
   */
  setOptions: (inode: number, own: number) => readonly string[] = () => [];

  /** A point has this table of descriptors, and of these pairs both ends as they were made. */
  note(table: object, pairs: readonly SocketPair[]): void {
    this.byTable.set(table, pairs);
  }

  has(table: object): boolean {
    return this.byTable.has(table);
  }

  of(table: object): readonly SocketPair[] {
    return this.byTable.get(table) ?? [];
  }

  /** Which sockets are in the place of those of the point: inodes. */
  replace(places: ReadonlyMap<number, number>): void {
    this.places = places;
  }

  /** The socket that is in the place of one of the point's, or that itself. */
  placeOf(inode: number): number {
    return this.places.get(inode) ?? inode;
  }
}
