/**
 * Terminals: which devices are some, and their modes, as tcgetattr(3) and tcsetattr(3) have them.
 *
 * @see https://man7.org/linux/man-pages/man3/termios.3.html
 * @see https://man7.org/linux/man-pages/man2/ioctl_tty.2.html
 */
import { at } from '../at.ts';
import { declare, NativeBuffer } from './libc.ts';

/** Consoles and serial lines, /dev/tty and /dev/console, pseudo-terminals; serial lines by USB. */
const TERMINAL_MAJORS: ReadonlySet<number> = new Set([4, 5, 136, 137, 138, 139, 166, 188, 204]);
/** The other end of a pseudo-terminal, whose modes are not its own. */
const PTMX = (5 << 8) | 2;

const TCGETS = 0x5401;
/** With the speeds as numbers, and nothing thrown away or waited for. */
const TCGETS2 = 0x802c542a;
const TCSETS2 = 0x402c542b;
const TIOCGDEV = 0x80045432;
/** Who is in the foreground: pid_t. */
export const TIOCSPGRP = 0x5410;
const TIOCPKT = 0x5420;
const TIOCGSID = 0x5429;
const TIOCGPKT = 0x80045438;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTLCK = 0x80045439;
const TERMIOS2_SIZE = 44;
const ICANON = 2;
const VTIME = 5;
const VMIN = 6;
/** Larger than the kernel's struct termios, where these lie so. */
const TERMIOS_SIZE = 64;
const LFLAG_OFFSET = 12;
const CC_OFFSET = 17;

const ioctl = declare('int ioctl(int, ulong, uint64_t)');
const termios = new NativeBuffer(TERMIOS_SIZE);

/** Whether the device of this number is a terminal; the master of a pseudo-terminal is none. */
export function isTerminalDevice(rdev: number): boolean {
  return rdev !== PTMX && TERMINAL_MAJORS.has(rdev >> 8);
}

/** Whether it is the end of a pseudo-terminal that makes one. */
export function isTerminalMaster(rdev: number): boolean {
  return rdev === PTMX;
}

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

/** `ioctl(fd, TCGETS2)`: struct termios2; undefined: it is no terminal. */
export function readTerminalModes(fd: number): Buffer | undefined {
  if (ioctl(fd, TCGETS2, termios.address) !== 0) return undefined;
  return Buffer.from(termios.bytes.subarray(0, TERMIOS2_SIZE));
}

/** `ioctl(fd, TCSETS2)`: at once, with what waits to be read or written left alone. */
export function writeTerminalModes(fd: number, modes: Uint8Array): boolean {
  termios.bytes.set(modes.subarray(0, TERMIOS2_SIZE));
  return ioctl(fd, TCSETS2, termios.address) === 0;
}

/** `ioctl(fd, TIOCGDEV)`: the terminal's own device, behind /dev/tty too; 0: it is none. */
export function readTerminalDevice(fd: number): number {
  if (ioctl(fd, TIOCGDEV, termios.address) !== 0) return 0;
  return termios.bytes.readUInt32LE(0);
}

/** `ioctl(fd, TIOCGSID)` of a master: a session has the other end for its terminal. */
export function hasSession(fd: number): boolean {
  return ioctl(fd, TIOCGSID, termios.address) === 0;
}

/** What is set of a pseudo-terminal by its master. */
export interface MasterMode {
  /** TIOCPKT: a byte that tells of the other end goes before all that is read. */
  readonly isPacket: boolean;
  /** TIOCSPTLCK: the other end cannot be opened. */
  readonly isLocked: boolean;
}

/** `ioctl(fd, TIOCGPKT)` and `TIOCGPTLCK` (since Linux 3.8); undefined: it is no master. */
export function readMasterMode(fd: number): MasterMode | undefined {
  const [isPacket, isLocked] = [readFlag(fd, TIOCGPKT), readFlag(fd, TIOCGPTLCK)];
  return isPacket === undefined || isLocked === undefined ? undefined : { isPacket, isLocked };
}

/** `ioctl(fd, TIOCPKT)` and `TIOCSPTLCK`, where they are not so: whether they are now. */
export function writeMasterMode(fd: number, mode: MasterMode): boolean {
  const now = readMasterMode(fd);
  if (now === undefined) return false;
  return (
    (now.isPacket === mode.isPacket || writeFlag(fd, TIOCPKT, mode.isPacket)) &&
    (now.isLocked === mode.isLocked || writeFlag(fd, TIOCSPTLCK, mode.isLocked))
  );
}

function readFlag(fd: number, operation: number): boolean | undefined {
  if (ioctl(fd, operation, termios.address) !== 0) return undefined;
  return termios.bytes.readInt32LE(0) !== 0;
}

function writeFlag(fd: number, operation: number, isSet: boolean): boolean {
  termios.bytes.writeInt32LE(isSet ? 1 : 0, 0);
  return ioctl(fd, operation, termios.address) === 0;
}
