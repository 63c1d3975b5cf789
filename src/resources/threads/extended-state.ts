/**
 * A thread's extended state (XSAVE area) in a work buffer: only the part in use is read and kept.
 */
import { BelayError } from '../../errors.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { NT_PRFPREG, NT_X86_XSTATE, ptraceGetregset, ptraceSetregset } from '../../sys/ptrace.ts';
import { BLOCKS_MAX_BYTES, SparseBlocks } from './sparse-blocks.ts';

/** Chosen: room for AMX tiles, the largest extended state there is (11,008 bytes). */
export const XSTATE_MAX = BLOCKS_MAX_BYTES;
/** What FXSAVE keeps: x87 and SSE, and nothing that tells which of it is in use. */
const FXSAVE_SIZE = 512;
/** Where XSTATE_BV is in the extended state, and its bits for AMX, which nearly nobody uses. */
const XSTATE_BV_OFFSET = 512;
const XSTATE_BV_AMX = 3 << 17;
/** Where AMX begins in the standard format: what lies before is 2.7 KB of 11. */
const XSTATE_WITHOUT_AMX_SIZE = 2752;

export class ExtendedState {
  private readonly work: NativeBuffer;
  private readonly offset: number;
  private readonly now = new NativeBuffer(XSTATE_WITHOUT_AMX_SIZE);
  /** What this processor's state takes in all. */
  private wholeSize = 0;
  private readonly blocks = new SparseBlocks();

  constructor(work: NativeBuffer, offset: number) {
    this.work = work;
    this.offset = offset;
  }

  /** Read it into the work buffer; the bytes in use, or minus errno. */
  read(tid: number): number {
    const address = this.work.address + this.offset;
    const isFirst = this.wholeSize === 0;
    const asked = isFirst ? XSTATE_MAX : XSTATE_WITHOUT_AMX_SIZE;
    let size = ptraceGetregset(tid, NT_X86_XSTATE, address, asked);
    if (size < 0) return size;
    const { hasAmx } = this;
    if (hasAmx && !isFirst) size = ptraceGetregset(tid, NT_X86_XSTATE, address, XSTATE_MAX);
    if (size < 0) return size;
    this.wholeSize = Math.max(this.wholeSize, size);
    return hasAmx ? size : Math.min(size, XSTATE_WITHOUT_AMX_SIZE);
  }

  /** What is to be kept of the work buffer: `former` itself, where that is the same. */
  keep(sizeBytes: number, former: Uint8Array | undefined): Uint8Array {
    return this.blocks.pack(this.work.words, this.wordAt(0), this.wordAt(sizeBytes), former);
  }

  /**
   * Have the thread's be what was kept. The kernel takes it whole, and the rest is zeros, "not in
   * use": that takes it ten times as long as to tell of it, since it sets up memory for all of it
   * each time. So it is done only where more differs than the 512 bytes that FXSAVE keeps.
   */
  write(tid: number, kept: Uint8Array): void {
    if (this.wholeSize === 0) {
      throw new BelayError('EINTERNAL', 'cannot set an extended state before one was read');
    }
    const { work, offset, now } = this;
    work.bytes.fill(0, offset, offset + this.wholeSize);
    this.blocks.unpack(kept, work.words, this.wordAt(0));
    const size = ptraceGetregset(tid, NT_X86_XSTATE, now.address, XSTATE_WITHOUT_AMX_SIZE);
    const start = offset + FXSAVE_SIZE;
    // What is in use is told behind the first: where that is the same, AMX is in use in neither.
    const isRestSame =
      !this.hasAmx &&
      size >= FXSAVE_SIZE &&
      work.bytes.compare(now.bytes, FXSAVE_SIZE, size, start, offset + size) === 0;
    if (isRestSame && work.bytes.compare(now.bytes, 0, FXSAVE_SIZE, offset, start) === 0) return;
    const address = work.address + offset;
    if (isRestSame && ptraceSetregset(tid, NT_PRFPREG, address, FXSAVE_SIZE) === 0) return;
    ptraceSetregset(tid, NT_X86_XSTATE, address, this.wholeSize);
  }

  /** Of what is in the work buffer. */
  private get hasAmx(): boolean {
    return ((this.work.words[this.wordAt(XSTATE_BV_OFFSET)] ?? 0) & XSTATE_BV_AMX) !== 0;
  }

  private wordAt(byteOffset: number): number {
    return (this.offset + byteOffset) >> 2;
  }
}
