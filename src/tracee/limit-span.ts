/**
 * The time limit of a call as the program has it in its memory, a struct timespec, where the kernel
 * leaves what is left of it. It is looked at behind each message of recvmmsg(2) alone.
 */
import type { TargetMemory } from './target-memory.ts';

const TIMESPEC_SIZE = 16;
const NS_PER_MS = 1e6;

export class LimitSpan {
  private readonly memory: TargetMemory;
  private readonly address: number;
  private readonly given: Buffer;
  /** As performance.now has it. */
  private readonly endsAt: number;

  constructor(memory: TargetMemory, address: number) {
    this.memory = memory;
    this.address = address;
    this.given = Buffer.from(memory.read(address, TIMESPEC_SIZE));
    this.endsAt = performance.now() + millisecondsOf(this.given);
  }

  /** The kernel has ended the call. */
  get isOver(): boolean {
    return millisecondsOf(this.memory.read(this.address, TIMESPEC_SIZE)) === 0;
  }

  /** For the next call: what is left now. */
  writeLeft(): void {
    const leftMs = Math.max(this.endsAt - performance.now(), 0);
    const left = Buffer.alloc(TIMESPEC_SIZE);
    const seconds = Math.floor(leftMs / 1000);
    left.writeBigInt64LE(BigInt(seconds), 0);
    left.writeBigInt64LE(BigInt(Math.floor((leftMs - seconds * 1000) * NS_PER_MS)), 8);
    this.memory.write(this.address, left);
  }

  /** Nothing was done: it is as the program gave it. */
  restore(): void {
    this.memory.write(this.address, this.given);
  }
}

/** 0 where it is not to be read. */
function millisecondsOf(span: Buffer): number {
  if (span.length < TIMESPEC_SIZE) return 0;
  return Number(span.readBigInt64LE(0)) * 1000 + Number(span.readBigInt64LE(8)) / NS_PER_MS;
}
