/**
 * Files that a rollback will map again, opened beforehand and given to a hand of the program's:
 * whatever refuses that (a file that is gone, or cannot be mapped so any more) is an obstacle, not
 * a death.
 */
import { asBelayError, errnoName, SyscallError } from '../../errors.ts';
import type { Mapping } from '../../procfs/maps.ts';
import { MAP_PRIVATE, MAP_SHARED, tryMmap } from '../../sys/mmap.ts';
import { Hand } from '../../tracee/hand.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import type { Claims } from '../claims.ts';
import { Obstacle } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { keyOf, type Access, type MappedFiles } from './mapped-files.ts';
import { passFile } from './pass-file.ts';
import { protectionOf } from './protection.ts';

/** EAGAIN and ENOMEM: what only our own limits can be to blame for. */
const OURS = new Set([11, 12]);

export class ClaimedFiles {
  private readonly stopped: Stopped;
  private readonly files: MappedFiles;
  private readonly accessOf: (mapping: Mapping) => Access;
  private readonly descriptors = new Map<string, number>();
  private hand: Hand | undefined = undefined;

  constructor(stopped: Stopped, files: MappedFiles, accessOf: (mapping: Mapping) => Access) {
    this.stopped = stopped;
    this.files = files;
    this.accessOf = accessOf;
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

  /** Open the mapping's file and hand it over; why that cannot be done. */
  claim(mapping: Mapping, claims: Claims): Obstacle | undefined {
    return this.files.use(mapping, this.accessOf(mapping), (ours) => {
      if (ours < 0) return cannotOpen(mapping, 'no way leads to it');
      const errno = tryMapping(mapping, ours);
      if (errno !== 0) return cannotOpen(mapping, errnoName(errno));
      const key = this.keyOf(mapping);
      if (this.descriptors.has(key)) return undefined;
      return this.claimHand(claims) ?? this.pass(mapping, key, ours, claims);
    });
  }

  /** The hand's descriptor of a file that was claimed. */
  descriptorOf(mapping: Mapping): number {
    const fd = this.descriptors.get(this.keyOf(mapping));
    if (fd === undefined) throw new RangeError(`${mapping.path} was not claimed`);
    return fd;
  }

  private pass(mapping: Mapping, key: string, ours: number, claims: Claims): Obstacle | undefined {
    const { scratch } = this.stopped.remote();
    try {
      const pass = (): number => passFile(this.calls, scratch, this.stopped.target, ours);
      // It is closed by the end of the hand.
      const fd = claims.acquire('recvmsg', pass, () => undefined);
      this.descriptors.set(key, fd);
      return undefined;
    } catch (error) {
      if (error instanceof SyscallError) return cannotOpen(mapping, error.code);
      throw error;
    }
  }

  private keyOf(mapping: Mapping): string {
    return `${keyOf(mapping)}/${this.accessOf(mapping)}`;
  }
}

/** Map it in our own memory, as it will be in the program's: 0, or the positive errno. */
function tryMapping(mapping: Mapping, fd: number): number {
  const { start, end, shared, offset } = mapping;
  const flags = shared ? MAP_SHARED : MAP_PRIVATE;
  const errno = tryMmap(end - start, protectionOf(mapping), flags, fd, offset);
  return OURS.has(errno) ? 0 : errno;
}

function cannotOpen(mapping: Mapping, why: string): Obstacle {
  return new Obstacle(`${mapping.path} was unmapped and cannot be mapped again: ${why}`);
}
