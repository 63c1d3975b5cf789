/**
 * Which open files a lock is on. Locks are told with device and inode, descriptors with mount and
 * inode: inodes are numbered anew on each file system.
 */
import { readFileSync } from 'node:fs';
import { parseMountDevices, toDevice } from '../../procfs/mountinfo.ts';
import { statKnownLink } from '../../sys/statx.ts';
import type { DescriptorImage } from './descriptor-image.ts';
import type { FileLock } from './file-locks.ts';

export class LockedFiles {
  private readonly living: number;
  /** Read when first needed: most programs hold no locks. */
  private devices: ReadonlyMap<number, string> | undefined = undefined;

  constructor(living: number) {
    this.living = living;
  }

  isOn(lock: FileLock, { fd, kind, inode, mountId }: DescriptorImage): boolean {
    if (kind !== 'path' || inode !== lock.inode) return false;
    this.devices ??= parseMountDevices(readFileSync(`/proc/${this.living}/mountinfo`, 'latin1'));
    // A mount that has been taken out of the tree is not listed.
    const device = this.devices.get(mountId) ?? this.readDevice(fd);
    return device === undefined || device === lock.device;
  }

  private readDevice(fd: number): string | undefined {
    const found = statKnownLink(`/proc/${this.living}/fd/${fd}`);
    return found === undefined ? undefined : toDevice(found.dev);
  }
}
