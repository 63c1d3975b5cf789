/**
 * A page in the target for the arguments of remote calls, mapped when first used and unmapped by
 * `release`: nothing of ours stays behind.
 */
import { constants } from 'node:os';
import { PAGE_SIZE, SYS } from '../arch/x64/syscalls.ts';
import { BelayError } from '../errors.ts';
import type { Range } from '../procfs/maps.ts';
import {
  MAP_ANONYMOUS,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from '../sys/mmap.ts';
import type { RemoteCalls } from './remote-calls.ts';
import type { TargetMemory } from './target-memory.ts';

const { ENOMEM } = constants.errno;
/** Where the search for a free place begins: far from where the kernel and libc put things. */
const FIRST_CANDIDATE = 0x100000000000;
const CANDIDATE_STEP = 0x10000000;
const CANDIDATES = 1000;
export const SCRATCH_SIZE = 16 * PAGE_SIZE;

export class Scratch {
  private start = 0;
  private used = 0;
  private readonly calls: RemoteCalls;
  private readonly memory: TargetMemory;

  constructor(calls: RemoteCalls, memory: TargetMemory) {
    this.calls = calls;
    this.memory = memory;
  }

  /** Where it is mapped now; an empty range when it is not. */
  get range(): Range {
    return { start: this.start, end: this.start === 0 ? 0 : this.start + SCRATCH_SIZE };
  }

  /** Copy bytes into the target; their address there. Earlier ones may be overwritten. */
  put(bytes: Buffer): number {
    const address = this.reserve(bytes.length);
    if (!this.memory.write(address, bytes)) {
      throw new BelayError('EINTERNAL', 'cannot write to our own page in the program');
    }
    return address;
  }

  /** Room for `sizeBytes`, 16-byte aligned. */
  reserve(sizeBytes: number): number {
    if (sizeBytes > SCRATCH_SIZE) {
      throw new BelayError(
        'ENOMEM',
        `cannot hold ${sizeBytes} bytes in the program's scratch page`,
      );
    }
    if (this.start === 0) this.start = this.map();
    if (this.used + sizeBytes > SCRATCH_SIZE) this.used = 0;
    const address = this.start + this.used;
    this.used = (this.used + sizeBytes + 15) & ~15;
    return address;
  }

  release(): void {
    if (this.start === 0) return;
    this.calls.call(SYS.munmap, this.start, SCRATCH_SIZE);
    this.start = 0;
    this.used = 0;
  }

  private map(): number {
    const protection = PROT_READ | PROT_WRITE;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    for (let attempt = 0; attempt < CANDIDATES; attempt += 1) {
      const place = FIRST_CANDIDATE + attempt * CANDIDATE_STEP;
      const address = this.calls.call(SYS.mmap, place, SCRATCH_SIZE, protection, flags, -1, 0);
      if (address === place) return address;
      // Taken places are told by EEXIST.
      if (address === -ENOMEM) break;
      if (address > 0) this.calls.call(SYS.munmap, address, SCRATCH_SIZE);
    }
    throw new BelayError('ENOMEM', 'cannot map a scratch page in the program');
  }
}
