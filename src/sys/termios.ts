/**
 * tcgetattr(3): whether a terminal gives lines, and if not, when a read of it answers.
 *
 * @see https://man7.org/linux/man-pages/man3/termios.3.html
 */
import { at } from '../at.ts';
import { declare, NativeBuffer } from './libc.ts';

const TCGETS = 0x5401;
const ICANON = 2;
const VTIME = 5;
const VMIN = 6;
/** Larger than the kernel's struct termios, where these lie so. */
const TERMIOS_SIZE = 64;
const LFLAG_OFFSET = 12;
const CC_OFFSET = 17;

const ioctl = declare('int ioctl(int, ulong, uint64_t)');
const termios = new NativeBuffer(TERMIOS_SIZE);

export interface RawMode {
  /** VMIN: bytes. */
  readonly least: number;
  /** VTIME, in milliseconds: until the first byte where none is needed, and else between two. */
  readonly limitMs: number;
}

/** `ioctl(fd, TCGETS)`; undefined: it gives lines, or is no terminal. */
export function readRawMode(fd: number): RawMode | undefined {
  if (ioctl(fd, TCGETS, termios.address) !== 0) return undefined;
  const { bytes } = termios;
  if ((bytes.readUInt32LE(LFLAG_OFFSET) & ICANON) !== 0) return undefined;
  return { least: at(bytes, CC_OFFSET + VMIN), limitMs: at(bytes, CC_OFFSET + VTIME) * 100 };
}
