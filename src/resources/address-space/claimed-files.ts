/**
 * Files that a rollback will map again, opened in the program beforehand: whatever refuses that
 * (permissions as they are now, another root, no descriptor left) is an obstacle, not a death.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { SyscallError } from '../../errors.ts';
import type { Mapping } from '../../procfs/maps.ts';
import type { Claims } from '../claims.ts';
import { Obstacle } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { MappedFiles } from './mapped-files.ts';

const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;
const O_RDWR = 2;

export class ClaimedFiles {
  private readonly stopped: Stopped;
  private readonly files: MappedFiles;
  private readonly descriptors = new Map<string, number>();

  constructor(stopped: Stopped, files: MappedFiles) {
    this.stopped = stopped;
    this.files = files;
  }

  /** Open the mapping's file in the program; why it cannot be opened. */
  claim(mapping: Mapping, claims: Claims): Obstacle | undefined {
    const key = keyOf(mapping);
    if (this.descriptors.has(key)) return undefined;
    if (!this.files.isReachable(mapping)) return cannotOpen(mapping, 'no way leads to it');
    const { stopped } = this;
    try {
      const open = (): number => this.open(mapping);
      const fd = claims.acquire('openat', open, (claimed) => {
        stopped.remote().calls.call(SYS.close, claimed);
      });
      this.descriptors.set(key, fd);
      return undefined;
    } catch (error) {
      if (error instanceof SyscallError) return cannotOpen(mapping, error.code);
      throw error;
    }
  }

  /** The program's descriptor of a file that was claimed. */
  descriptorOf(mapping: Mapping): number {
    const fd = this.descriptors.get(keyOf(mapping));
    if (fd === undefined) throw new RangeError(`${mapping.path} was not claimed`);
    return fd;
  }

  private open(mapping: Mapping): number {
    const { calls, scratch } = this.stopped.remote();
    const name = this.files.pathOf(mapping) ?? mapping.path;
    const path = scratch.put(Buffer.from(`${name}\0`, 'latin1'));
    return calls.call(SYS.openat, AT_FDCWD, path, accessOf(mapping) | O_CLOEXEC, 0);
  }
}

function accessOf(mapping: Mapping): number {
  return mapping.shared && mapping.writable ? O_RDWR : 0;
}

function keyOf(mapping: Mapping): string {
  return `${mapping.device}/${mapping.inode}/${accessOf(mapping)}`;
}

function cannotOpen(mapping: Mapping, why: string): Obstacle {
  return new Obstacle(`${mapping.path} was unmapped and cannot be opened again: ${why}`);
}
