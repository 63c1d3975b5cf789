/**
 * What a siginfo_t says, as ptrace(2) gives it.
 *
 *   signo at 0, code at 8, the sender's pid at 16 where it was sent (code <= 0)
 */

import { NativeBuffer } from '../sys/libc.ts';
import { ptraceGetsiginfo, SIGINFO_SIZE } from '../sys/ptrace.ts';

/** SIGILL, SIGBUS, SIGFPE, SIGSEGV of an instruction that is executed anew, and falls anew. */
const FAULTS_MADE_AGAIN: readonly number[] = [4, 7, 8, 11];

/** Whether a thread that goes on from where it was stopped for it makes it once more. */
export function isMadeAgain(info: Uint8Array): boolean {
  return FAULTS_MADE_AGAIN.includes(signoOf(info)) && codeOf(info) > 0;
}

const info = new NativeBuffer(SIGINFO_SIZE);

/** Whether the signal that a thread is stopped for was sent, and not forced by what it did. */
export function wasSent(tid: number): boolean {
  return ptraceGetsiginfo(tid, info.address) === 0 && codeOf(info.bytes) <= 0;
}

export function signoOf(info: Uint8Array): number {
  return viewOf(info).getInt32(0, true);
}

export function codeOf(info: Uint8Array): number {
  return viewOf(info).getInt32(8, true);
}

export function viewOf(info: Uint8Array): DataView {
  return new DataView(info.buffer, info.byteOffset, info.byteLength);
}
