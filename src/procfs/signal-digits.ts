/** Sets of signals as /proc/PID/status has them: 16 hexadecimal digits, the first for 61 to 64. */
import { at } from '../at.ts';

const DIGITS = 16;

/** Whether the digits at `offset` have the signal's bit. */
export function hasSignal(bytes: Uint8Array, offset: number, signo: number): boolean {
  const bit = signo - 1;
  const digit = at(bytes, offset + DIGITS - 1 - (bit >> 2));
  const value = digit <= 0x39 ? digit - 0x30 : digit - 0x57;
  return (value & (1 << (bit & 3))) !== 0;
}
