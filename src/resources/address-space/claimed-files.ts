/**
 * Files that a rollback will map again, opened beforehand by a hand of the program's, or given to
 * it: whatever refuses that (a file that is gone, that its rights do not reach, or that cannot be
 * mapped so any more) is an obstacle, not a death.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { asBelayError, BelayError, errnoName, SyscallError } from '../../errors.ts';
import type { Mapping } from '../../procfs/maps.ts';
import { AT_FDCWD, O_CLOEXEC } from '../../sys/descriptor-flags.ts';
import { close } from '../../sys/file.ts';
import { MAP_PRIVATE, MAP_SHARED, tryMmap } from '../../sys/mmap.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { Hand } from '../../tracee/hand.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import type { Claims } from '../claims.ts';
import { Obstacle } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { accessOf, type Access } from './access.ts';
import type { Attributes } from './attributes.ts';
import { flagsOf, keyOf, leadsTo, type MappedFiles } from './mapped-files.ts';
import type { MappingTable } from './mapping-table.ts';
import { passFile } from './pass-file.ts';
import { protectionOf } from './protection.ts';

/** EAGAIN and ENOMEM: what only our own limits can be to blame for. */
const OURS = new Set([11, 12]);

export class ClaimedFiles {
  private readonly stopped: Stopped;
  private readonly files: MappedFiles;
  private readonly table: MappingTable;
  private readonly attributes: Attributes;
  private readonly descriptors = new Map<string, number>();
  private hand: Hand | undefined = undefined;

  /** `table` and `attributes`: those of the point. */
  constructor(stopped: Stopped, files: MappedFiles, table: MappingTable, attributes: Attributes) {
    this.stopped = stopped;
    this.files = files;
    this.table = table;
    this.attributes = attributes;
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

  /** Have the hand open the files of all mappings that have one; why that cannot be done. */
  claimAll(mappings: Iterable<Mapping>, claims: Claims): Obstacle | undefined {
    for (const mapping of mappings) {
      const obstacle = mapping.inode === 0 ? undefined : this.claim(mapping, claims);
      if (obstacle !== undefined) return obstacle;
    }
    return undefined;
  }

  private claim(mapping: Mapping, claims: Claims): Obstacle | undefined {
    const access = accessOf(mapping, this.attributes);
    const key = keyOf(mapping, access);
    if (!this.descriptors.has(key)) {
      const fd = this.claimHand(claims) ?? this.open(mapping, access, claims);
      if (fd instanceof Obstacle) return fd;
      this.descriptors.set(key, fd);
    }
    const errno = this.tryMapping(mapping);
    return errno === 0 ? undefined : cannotOpen(mapping, errnoName(errno));
  }

  /** The hand's descriptor of a file that was claimed. It is closed by the end of the hand. */
  descriptorOf(mapping: Mapping): number {
    const fd = this.descriptors.get(keyOf(mapping, accessOf(mapping, this.attributes)));
    if (fd === undefined) throw new RangeError(`${mapping.path} was not claimed`);
    return fd;
  }

  private open(mapping: Mapping, access: Access, claims: Claims): number | Obstacle {
    const held = this.files.findHeld(this.table, mapping, access);
    const get = (): number => {
      const fd = held === undefined ? this.openByPath(mapping, access) : this.pass(held);
      if (fd === undefined) throw new BelayError('ENOTFOUND', 'no way leads to it');
      return fd;
    };
    try {
      // It is closed by the end of the hand.
      return claims.acquire('open', get, () => undefined);
    } catch (error) {
      const { code, message } = asBelayError(error);
      return cannotOpen(mapping, error instanceof SyscallError ? code : message);
    }
  }

  private pass(ours: number): number {
    const { scratch } = this.stopped.remote();
    return ours < 0 ? ours : passFile(this.calls, scratch, this.stopped.target, ours);
  }

  /** By the program's own rights, whatever they are. */
  private openByPath(mapping: Mapping, access: Access): number | undefined {
    const path = this.files.findPath(this.table, mapping, access);
    if (path === undefined) return undefined;
    const { calls } = this;
    const name = this.stopped.remote().scratch.put(Buffer.concat([path, Buffer.alloc(1)]));
    const fd = calls.call(SYS.openat, AT_FDCWD, name, flagsOf(access) | O_CLOEXEC, 0);
    return fd < 0 || leadsTo(mapping, calls.thread.tid, fd) ? fd : undefined;
  }

  /** Map it in our own memory, as it will be in the program's: 0, or the positive errno. */
  private tryMapping(mapping: Mapping): number {
    const { start, end, shared, offset } = mapping;
    const ours = getDescriptor(this.calls.thread.tid, this.descriptorOf(mapping));
    if (ours < 0) return -ours;
    const flags = shared ? MAP_SHARED : MAP_PRIVATE;
    const errno = tryMmap(end - start, protectionOf(mapping), flags, ours, offset);
    close(ours);
    return OURS.has(errno) ? 0 : errno;
  }
}

function cannotOpen(mapping: Mapping, why: string): Obstacle {
  return new Obstacle(`${mapping.path} was unmapped and cannot be mapped again: ${why}`);
}
