/**
 * pipe2(2).
 *
 * @see https://man7.org/linux/man-pages/man2/pipe.2.html
 */
import { SyscallError } from '../errors.ts';
import { O_CLOEXEC } from './descriptor-flags.ts';
import { declare, errnoNow, NativeBuffer } from './libc.ts';

const pipe2 = declare('int pipe2(uint64_t, int)');

/** `pipe2(ends, O_CLOEXEC)`. Throws SyscallError. */
export function openPipe(): { readonly readEnd: number; readonly writeEnd: number } {
  const ends = new NativeBuffer(8);
  if (pipe2(ends.address, O_CLOEXEC) !== 0) {
    throw new SyscallError('cannot make a pipe', { syscall: 'pipe2', errno: errnoNow() });
  }
  return { readEnd: ends.bytes.readInt32LE(0), writeEnd: ends.bytes.readInt32LE(4) };
}
