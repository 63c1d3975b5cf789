/** The sockets that the program has, each once, with what is known of it. */
import type { SocketImage } from './socket-image.ts';

/** What is to be known of a descriptor. */
export interface Leading {
  readonly fd: number;
  readonly kind: string;
  readonly inode: number;
}

export class SocketTable {
  private table: readonly Leading[] | undefined = undefined;
  private readonly known = new Map<number, SocketImage>();
  private list: readonly SocketImage[] | undefined = [];
  /** Standard input and output at once, as of a server that is begun for each client. */
  private dialogue: number | undefined = undefined;
  /** Inodes of those that are to be looked at for the first time. */
  readonly fresh = new Set<number>();

  get size(): number {
    return this.known.size;
  }

  /** All, in no particular order. The same array as last time when nothing is known anew. */
  get all(): readonly SocketImage[] {
    return (this.list ??= [...this.known.values()]);
  }

  get(inode: number): SocketImage | undefined {
    return this.known.get(inode);
  }

  /** It is standard input and output at once. */
  isDialogue(inode: number): boolean {
    return this.dialogue === inode;
  }

  set(image: SocketImage): void {
    this.known.set(image.inode, image);
    this.list = undefined;
  }

  /** Inodes of those that are gone. */
  update(table: readonly Leading[]): readonly number[] {
    if (table === this.table) return [];
    this.table = table;
    const open = new Map<number, number>();
    this.dialogue = undefined;
    for (const { kind, inode, fd } of table) {
      if (kind !== 'socket') continue;
      if (fd === 1 && open.get(inode) === 0) this.dialogue = inode;
      if (!open.has(inode)) open.set(inode, fd);
    }
    for (const [inode, fd] of open) this.take(inode, fd);
    if (this.known.size === open.size) return [];
    const gone = [...this.known.keys()].filter((inode) => !open.has(inode));
    for (const inode of gone) {
      this.known.delete(inode);
      this.fresh.delete(inode);
    }
    this.list = undefined;
    return gone;
  }

  private take(inode: number, fd: number): void {
    const known = this.known.get(inode);
    if (known?.fd === fd) return;
    if (known === undefined) this.fresh.add(inode);
    this.set(known === undefined ? unseen(inode, fd) : { ...known, fd });
  }
}

function unseen(inode: number, fd: number): SocketImage {
  return {
    fd,
    inode,
    kind: 'unseen',
    type: undefined,
    counts: undefined,
    queues: undefined,
    name: undefined,
  };
}
