/**
 * Files that a rollback will map again, opened beforehand by a hand of the program's: whatever
 * refuses that (permissions as they are now, a file that is gone) is an obstacle, not a death.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { asBelayError, SyscallError } from '../../errors.ts';
import type { Mapping } from '../../procfs/maps.ts';
import { Hand } from '../../tracee/hand.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
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
  private hand: Hand | undefined = undefined;

  constructor(stopped: Stopped, files: MappedFiles) {
    this.stopped = stopped;
    this.files = files;
  }

  /** By whose calls mappings are made again. */
  get calls(): RemoteCalls {
    return this.hand?.calls ?? this.stopped.remote().calls;
  }

  /** Have a hand; why the program may not have one. */
  claimHand(claims: Claims): Obstacle | undefined {
    if (this.hand !== undefined) return undefined;
    const { pump, remote } = this.stopped;
    const make = (): number => {
      this.hand = new Hand(pump, remote);
      return 0;
    };
    try {
      claims.acquire('clone', make, () => {
        this.hand?.end();
        this.hand = undefined;
      });
      return undefined;
    } catch (error) {
      return new Obstacle(`its files cannot be mapped again: ${asBelayError(error).message}`);
    }
  }

  /** Open the mapping's file; why it cannot be opened. */
  claim(mapping: Mapping, claims: Claims): Obstacle | undefined {
    const key = keyOf(mapping);
    if (this.descriptors.has(key)) return undefined;
    const handless = this.claimHand(claims);
    if (handless !== undefined) return handless;
    try {
      const open = (): number => this.open(mapping);
      // It is closed by the end of the hand.
      const fd = claims.acquire('openat', open, () => undefined);
      this.descriptors.set(key, fd);
      return undefined;
    } catch (error) {
      if (error instanceof SyscallError) return cannotOpen(mapping, error.code);
      throw error;
    }
  }

  /** The hand's descriptor of a file that was claimed. */
  descriptorOf(mapping: Mapping): number {
    const fd = this.descriptors.get(keyOf(mapping));
    if (fd === undefined) throw new RangeError(`${mapping.path} was not claimed`);
    return fd;
  }

  /** A file that we hold is handed over; any other is opened by its path. Minus errno. */
  private open(mapping: Mapping): number {
    const { calls } = this;
    const held = this.files.heldDescriptor(mapping);
    if (held < 0) return this.openPath(mapping.path, accessOf(mapping));
    const supervisor = calls.call(SYS.pidfd_open, process.pid, 0);
    const fd = supervisor < 0 ? supervisor : calls.call(SYS.pidfd_getfd, supervisor, held, 0);
    if (supervisor >= 0) calls.call(SYS.close, supervisor);
    // Where Yama keeps the program from that, its path in /proc may do.
    return fd >= 0 ? fd : this.openPath(`/proc/${process.pid}/fd/${held}`, accessOf(mapping));
  }

  private openPath(path: string, access: number): number {
    const address = this.stopped.remote().scratch.put(Buffer.from(`${path}\0`, 'latin1'));
    return this.calls.call(SYS.openat, AT_FDCWD, address, access | O_CLOEXEC, 0);
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
