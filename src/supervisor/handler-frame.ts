/**
 * The frame that the kernel built for a handler, and whether the handler still runs.
 *
 * What is left on a stack when a handler was left by a jump looks as it did before. So a frame
 * counts only where nothing else can be the case:
 *
 *   on the alternate stack  the thread is on that stack, below the frame: nothing but handlers
 *                           runs there
 *   on the stack that fell  right below where it fell; the thread is below the frame, and the
 *                           signal is blocked as the kernel does it for the handler (siglongjmp
 *                           undoes it)
 *
 * Source: arch/x86/kernel/signal.c, get_sigframe; signal_64.c, x64_setup_rt_frame.
 */
import { SIGNAL_FRAME } from '../arch/x64/registers.ts';
import { NativeBuffer } from '../sys/libc.ts';
import { ptraceGetsigmask } from '../sys/ptrace.ts';
import type { TargetMemory } from '../tracee/target-memory.ts';
import type { HandlerFrame, Handling } from '../tracee/handling.ts';
import type { Thread } from '../tracee/thread.ts';

/** Looked through first: most handlers use less of their stack before they make a call. */
const NEAR_BYTES = 4096;
/** Chosen: of a handler that has used more of its stack at its first call it is not known. */
const STACK_MAX_BYTES = 256 * 1024;
/** The kernel's part of it: 440 bytes, the extended state (11 KB with AMX), and the red zone. */
const FRAME_MAX_BYTES = 16 * 1024;

const mask = new NativeBuffer(8);
const pattern = Buffer.alloc(16);

/** Whether the thread, whose registers have been read, runs the handler: if unsure, it does not. */
export function isInHandler(target: TargetMemory, thread: Thread, handling: Handling): boolean {
  handling.frame ??= findFrame(target, thread, handling);
  const { frame } = handling;
  if (frame === undefined) return false;
  const now = thread.registers.get('rsp');
  if (now >= frame.address || now < frame.lowest) return false;
  if (!frame.isAlternate && !isBlocked(thread, handling.signo)) return false;
  writePattern(handling);
  const { sp } = SIGNAL_FRAME;
  return target.read(frame.address + sp, pattern.length).equals(pattern);
}

/** The frame above the stack pointer, by the registers that are saved in it. */
function findFrame(
  target: TargetMemory,
  { registers }: Thread,
  handling: Handling,
): HandlerFrame | undefined {
  const from = registers.get('rsp');
  writePattern(handling);
  for (const sizeBytes of [NEAR_BYTES, STACK_MAX_BYTES]) {
    const bytes = target.read(from, sizeBytes);
    for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1)) {
      const frame = at - SIGNAL_FRAME.sp;
      if (frame < 0 || (from + at) % 8 !== 0) continue;
      const found = describeFrame(bytes.subarray(frame), from + frame, handling.stackPointer);
      if (found !== undefined) return found;
    }
    if (bytes.length < sizeBytes) break;
  }
  return undefined;
}

/** Undefined: it is a copy, which lies where the kernel puts none. */
function describeFrame(
  bytes: Buffer,
  address: number,
  stackPointer: number,
): HandlerFrame | undefined {
  const start = readNumber(bytes, SIGNAL_FRAME.stackStart);
  const end = start + readNumber(bytes, SIGNAL_FRAME.stackSize);
  if (address >= start && address < end) return { address, lowest: start, isAlternate: true };
  const isBelow = address < stackPointer && address >= stackPointer - FRAME_MAX_BYTES;
  const lowest = address - STACK_MAX_BYTES;
  return isBelow ? { address, lowest, isAlternate: false } : undefined;
}

function readNumber(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 2 ** 32;
}

function writePattern({ stackPointer, ip }: Handling): void {
  pattern.writeBigUInt64LE(BigInt(stackPointer), 0);
  pattern.writeBigUInt64LE(ip, 8);
}

function isBlocked({ tid }: Thread, signo: number): boolean {
  if (ptraceGetsigmask(tid, mask.address) !== 0) return false;
  return ((mask.words[(signo - 1) >> 5] ?? 0) & (1 << ((signo - 1) & 31))) !== 0;
}
