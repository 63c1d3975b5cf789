/**
 * A thread's extended state (XSAVE area) in a work buffer: only the part in use is read and kept.
 */
import { BelayError } from '../../errors.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { NT_PRFPREG, NT_X86_XSTATE, ptraceGetregset, ptraceSetregset } from '../../sys/ptrace.ts';

/** Chosen: room for AMX tiles, the largest extended state there is (11,008 bytes). */
export const XSTATE_MAX = 16384;
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
    const hasAmx = ((this.work.words[this.wordAt(XSTATE_BV_OFFSET)] ?? 0) & XSTATE_BV_AMX) !== 0;
    if (hasAmx && !isFirst) size = ptraceGetregset(tid, NT_X86_XSTATE, address, XSTATE_MAX);
    if (size < 0) return size;
    this.wholeSize = Math.max(this.wholeSize, size);
    return hasAmx ? size : Math.min(size, XSTATE_WITHOUT_AMX_SIZE);
  }

  /**
   * Make it that in the work buffer. The kernel takes it whole, and the rest is zeros, "not in
   * use": that takes it ten times as long as to tell of it, since it sets up memory for all of it
   * each time. So it is done only where more differs than the 512 bytes that FXSAVE keeps.
   */
  write(tid: number, sizeBytes: number): void {
    if (this.wholeSize === 0) {
      throw new BelayError('EINTERNAL', 'cannot set an extended state before one was read');
    }
    const { work, offset, now } = this;
    const size = ptraceGetregset(tid, NT_X86_XSTATE, now.address, XSTATE_WITHOUT_AMX_SIZE);
    const end = offset + sizeBytes;
    // What is in use is told behind the first: where that is the same, AMX is in use in neither.
    const isRestSame =
      sizeBytes <= XSTATE_WITHOUT_AMX_SIZE &&
      size >= sizeBytes &&
      work.bytes.compare(now.bytes, FXSAVE_SIZE, sizeBytes, offset + FXSAVE_SIZE, end) === 0;
    if (!isRestSame) {
      this.writeWhole(tid, sizeBytes);
      return;
    }
    const firstEnd = offset + FXSAVE_SIZE;
    if (work.bytes.compare(now.bytes, 0, FXSAVE_SIZE, offset, firstEnd) === 0) return;
    if (ptraceSetregset(tid, NT_PRFPREG, work.address + offset, FXSAVE_SIZE) === 0) return;
    this.writeWhole(tid, sizeBytes);
  }

  private writeWhole(tid: number, sizeBytes: number): void {
    this.work.bytes.fill(0, this.offset + sizeBytes, this.offset + this.wholeSize);
    ptraceSetregset(tid, NT_X86_XSTATE, this.work.address + this.offset, this.wholeSize);
  }

  private wordAt(byteOffset: number): number {
    return (this.offset + byteOffset) >> 2;
  }
}
