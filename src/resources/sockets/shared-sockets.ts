/** Which of the program's sockets another process has as well: both would see the end of one. */
import { findAllRelatives, linksOf } from '../relatives.ts';
import type { Stopped } from '../stopped.ts';

export class SharedSockets {
  private readonly stopped: Stopped;
  private owners: ReadonlyMap<string, number> | undefined = undefined;

  constructor(stopped: Stopped) {
    this.stopped = stopped;
  }

  /** Another process that has it; undefined: none that is known. */
  ownerOf(inode: number): number | undefined {
    this.owners ??= this.findOwners();
    return this.owners.get(`socket:[${inode}]`);
  }

  private findOwners(): ReadonlyMap<string, number> {
    const owners = new Map<string, number>();
    for (const pid of findAllRelatives(this.stopped)) {
      for (const link of linksOf(pid).values()) owners.set(link, pid);
    }
    return owners;
  }
}
