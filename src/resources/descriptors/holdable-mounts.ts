/**
 * On which mounts a file may be held. Whatever is held keeps its mount busy, and umount(2) would
 * answer EBUSY, to the program or to others, because of us. So only these are taken:
 *
 * - those that are busy anyway: of the program's executable, of ours, and of our root directory;
 * - where the program may not unmount (no CAP_SYS_ADMIN), all but those that others do: what lies
 *   where disks come and go.
 *
 * And of these only file systems on disks and in memory, which nobody serves.
 */
import { readFileSync } from 'node:fs';
import { findMount, type Mount } from '../../procfs/mountinfo.ts';
import { readStatus } from '../../tasks/read-status.ts';
import { statKnownLink } from '../../sys/statx.ts';
import type { Task } from '../../tracee/target-memory.ts';

const CAP_SYS_ADMIN = 1n << 21n;
/** By hier(7), and where desktops have them. */
const COMING_AND_GOING = /^\/(?:media|mnt|run\/media)(?:\/|$)/;
/**
 * Files of these are their content and nothing else. Others may be a namespace that would not end,
 * pages that are few, or a right: the kernel asks some files of proc or cgroup who has opened them,
 * and that would be us.
 */
const TYPES = new Set(
  (
    'ext2 ext3 ext4 xfs btrfs bcachefs f2fs zfs jfs reiserfs vfat exfat ntfs ntfs3 udf iso9660 ' +
    'squashfs erofs tmpfs devtmpfs ramfs rootfs overlay aufs'
  ).split(' '),
);

export class HoldableMounts {
  private readonly task: Task;
  private lasting: ReadonlySet<number> | undefined = undefined;
  /** How many files are held on each: it stays what it is meanwhile. */
  private readonly held = new Map<number, number>();

  constructor(task: Task) {
    this.task = task;
  }

  mayHoldOn(mountId: number): boolean {
    if (this.held.has(mountId)) return true;
    this.lasting ??= this.findLasting();
    return this.lasting.has(mountId) || this.isLeftAlone(mountId);
  }

  /** One more is held there. */
  add(mountId: number): void {
    this.held.set(mountId, (this.held.get(mountId) ?? 0) + 1);
  }

  /** One less. */
  remove(mountId: number): void {
    const left = (this.held.get(mountId) ?? 0) - 1;
    if (left > 0) this.held.set(mountId, left);
    else this.held.delete(mountId);
  }

  private findLasting(): ReadonlySet<number> {
    const { living } = this.task;
    const found = new Set<number>();
    for (const [process_, link] of [
      [living, `/proc/${living}/exe`],
      ['self', '/proc/self/exe'],
      ['self', '/proc/self/root'],
    ] as const) {
      const id = statKnownLink(link)?.mountId ?? 0;
      const type = id === 0 ? undefined : mountOf(process_, id)?.type;
      if (type !== undefined && TYPES.has(type)) found.add(id);
    }
    return found;
  }

  /** Neither the program nor, as far as can be known, anybody else unmounts it. */
  private isLeftAlone(mountId: number): boolean {
    const permitted = readStatus(this.task.living)?.capabilitiesPermitted;
    if (permitted === undefined || (permitted & CAP_SYS_ADMIN) !== 0n) return false;
    const mount = mountOf(this.task.living, mountId);
    return mount !== undefined && TYPES.has(mount.type) && !COMING_AND_GOING.test(mount.place);
  }
}

function mountOf(process_: number | 'self', id: number): Mount | undefined {
  return findMount(readFileSync(`/proc/${process_}/mountinfo`, 'latin1'), id);
}
