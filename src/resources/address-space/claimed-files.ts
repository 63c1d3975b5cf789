/**
 * Files that a rollback will map again, opened beforehand by a hand of the program's, or given to
 * it: whatever refuses that (a file that is gone, that its rights do not reach, or that cannot be
 * mapped so any more) is an obstacle, not a death. What others could refuse later is parked.
 */
import { PAGE_SIZE, SYS } from '../../arch/x64/syscalls.ts';
import { asBelayError, BelayError, errnoName, SyscallError } from '../../errors.ts';
import { hasObject, isSegment, type Mapping, type Range } from '../../procfs/maps.ts';
import { AT_FDCWD, O_CLOEXEC } from '../../sys/descriptor-flags.ts';
import { close } from '../../sys/file.ts';
import { isOfHugePages } from '../../sys/huge-pages.ts';
import { MAP_NORESERVE, MAP_PRIVATE, MAP_SHARED, tryMmap } from '../../sys/mmap.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { IPC_STAT, SHM_SEGSZ_OFFSET, SHMID_DS_SIZE } from '../../sys/shm.ts';
import { Hand } from '../../tracee/hand.ts';
import { passFile } from '../../tracee/pass-file.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import type { Remote } from '../../tracee/remote-session.ts';
import type { Claims } from '../claims.ts';
import { Obstacle } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { accessOf, type Access } from './access.ts';
import { findAttributes, type Attributes } from './attributes.ts';
import { flagsOf } from './held-file.ts';
import { keyOf, leadsTo, type MappedFiles } from './mapped-files.ts';
import type { MappingTable } from './mapping-table.ts';
import { ParkedMappings } from './parked.ts';
import { protectionOf } from './protection.ts';

/** EAGAIN and ENOMEM: what only our own limits can be to blame for. */
const OURS = new Set([11, 12]);
const EINVAL = 22;
const EIDRM = 43;
/** How shmctl(2) and shmat(2) say that there is no such segment. */
const GONE = new Set([EINVAL, EIDRM]);

export class ClaimedFiles {
  private readonly stopped: Stopped;
  private readonly files: MappedFiles;
  private readonly table: MappingTable;
  private readonly attributes: Attributes;
  private readonly descriptors = new Map<string, number>();
  private hand: Hand | undefined = undefined;
  readonly parked = new ParkedMappings();
  /** Segments that are gone: what is mapped in their place is memory that was theirs. */
  readonly unattached: Mapping[] = [];

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

  /**
   * Have the hand open the files of all mappings that have one; why that cannot be done.
   *
   * @param now what is mapped
   */
  claimAll(
    mappings: Iterable<Mapping>,
    now: readonly Mapping[],
    claims: Claims,
  ): Obstacle | undefined {
    for (const mapping of mappings) {
      const obstacle = hasObject(mapping) ? this.claim(mapping, now, claims) : undefined;
      if (obstacle !== undefined) return obstacle;
    }
    return undefined;
  }

  private claim(mapping: Mapping, now: readonly Mapping[], claims: Claims): Obstacle | undefined {
    const access = accessOf(mapping, this.attributes);
    const key = keyOf(mapping, access);
    const taken = [...now, ...this.table.mappings];
    if (isSegment(mapping)) {
      const errno = this.attach(mapping, access, taken, claims);
      if (errno === 0) return undefined;
      if (!GONE.has(errno)) return cannotOpen(mapping, errnoName(errno));
      this.unattached.push(mapping);
    }
    if (!this.descriptors.has(key)) {
      const fd = this.claimHand(claims) ?? this.open(mapping, access, claims);
      if (fd instanceof Obstacle) return fd;
      this.descriptors.set(key, fd);
    }
    const errno = this.tryMapping(mapping, taken, claims);
    return errno === 0 ? undefined : cannotOpen(mapping, errnoName(errno));
  }

  /** The hand's descriptor of a file that was claimed. It is closed by the end of the hand. */
  descriptorOf(mapping: Mapping): number {
    const fd = this.descriptors.get(keyOf(mapping, accessOf(mapping, this.attributes)));
    if (fd === undefined) throw new RangeError(`${mapping.path} was not claimed`);
    return fd;
  }

  private open(mapping: Mapping, access: Access, claims: Claims): number | Obstacle {
    const get = (): number => {
      const held = this.files.openHeld(this.table, mapping, access);
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
    if (ours < 0) return ours;
    try {
      const { calls, stopped } = this;
      const remote = (): Remote => ({ calls, scratch: stopped.remote().scratch });
      return passFile({ remote, target: stopped.target }, ours);
    } finally {
      close(ours);
    }
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

  /** Have the segment attached, for as long as somebody else is: 0, or the positive errno. */
  private attach(
    mapping: Mapping,
    access: Access,
    taken: readonly Range[],
    claims: Claims,
  ): number {
    const { calls, scratch } = this.stopped.remote();
    const address = scratch.reserve(SHMID_DS_SIZE);
    const found = calls.call(SYS.shmctl, mapping.inode, IPC_STAT, address);
    if (found < 0) return -found;
    const read = this.stopped.target.read(address + SHM_SEGSZ_OFFSET, 8);
    const size = Math.ceil(Number(read.readBigUInt64LE(0)) / PAGE_SIZE) * PAGE_SIZE;
    if (mapping.offset + mapping.end - mapping.start > size) return EINVAL;
    const places = [...taken, scratch.range];
    return this.park(claims, () => this.parked.attach(mapping, access, size, calls, places));
  }

  /** Map it as it will be: 0, or the positive errno. Huge pages are kept from then on. */
  private tryMapping(mapping: Mapping, taken: readonly Range[], claims: Claims): number {
    const { start, end, shared, offset } = mapping;
    const fd = this.descriptorOf(mapping);
    const ours = getDescriptor(this.calls.thread.tid, fd);
    if (ours < 0) return -ours;
    try {
      if (isOfHugePages(ours)) {
        const reserve = this.flagsOf(mapping)?.has('nr') === true ? MAP_NORESERVE : 0;
        const { calls } = this;
        const places = [...taken, this.stopped.remote().scratch.range];
        return this.park(claims, () => this.parked.map(mapping, fd, reserve, calls, places));
      }
      const flags = shared ? MAP_SHARED : MAP_PRIVATE;
      const errno = tryMmap(end - start, protectionOf(mapping), flags, ours, offset);
      return OURS.has(errno) ? 0 : errno;
    } finally {
      close(ours);
    }
  }

  private park(claims: Claims, make: () => number): number {
    const giveBack = (): void => {
      this.parked.clear(() => this.calls);
    };
    try {
      return claims.acquire('mmap', () => -make(), giveBack);
    } catch (error) {
      if (error instanceof SyscallError) return error.errno;
      throw error;
    }
  }

  private flagsOf({ start }: Mapping): ReadonlySet<string> | undefined {
    return findAttributes(this.attributes.ranges, start)?.flags;
  }
}

function cannotOpen(mapping: Mapping, why: string): Obstacle {
  return new Obstacle(`${mapping.path} was unmapped and cannot be mapped again: ${why}`);
}
