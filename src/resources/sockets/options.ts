/**
 * The options of a socket as bytes: for each that its protocol has, in the order of the table, one
 * byte that says whether it has it, and the value.
 */
import { getOptionBytes, type SocketType } from '../../sys/getsockopt.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { setOptionBytes, setSocketInt } from '../../sys/setsockopt.ts';
import {
  optionsOf,
  SO_RCVBUFFORCE,
  SO_SNDBUFFORCE,
  SOCK_RCVBUF_LOCK,
  SOCK_SNDBUF_LOCK,
  type SocketOption,
} from '../../sys/socket-options.ts';

const value = new NativeBuffer(16);
const INT_SIZE = 4;

/** The size of a buffer is asked for as what the program has set, times two. */
const BUFFERS: Readonly<Record<string, { readonly lock: number; readonly force: number }>> = {
  SO_SNDBUF: { lock: SOCK_SNDBUF_LOCK, force: SO_SNDBUFFORCE },
  SO_RCVBUF: { lock: SOCK_RCVBUF_LOCK, force: SO_RCVBUFFORCE },
};
const LOCKS = 'SO_BUF_LOCK';

export function readOptions(own: number, type: SocketType): Uint8Array {
  const options = optionsOf(type);
  const bytes = Buffer.alloc(options.reduce((sum, { sizeBytes }) => sum + 1 + sizeBytes, 0));
  let offset = 0;
  for (const { level, number, sizeBytes } of options) {
    if (getOptionBytes(own, level, number, value) === sizeBytes) {
      bytes[offset] = 1;
      bytes.set(value.bytes.subarray(0, sizeBytes), offset + 1);
    }
    offset += 1 + sizeBytes;
  }
  return bytes;
}

/** The names of those that could not be set to what is wanted. */
export function restoreOptions(own: number, type: SocketType, wanted: Uint8Array): string[] {
  const now = readOptions(own, type);
  if (Buffer.compare(now, wanted) === 0) return [];
  const [wantedValues, values] = [parse(type, wanted), parse(type, now)];
  const locks = { wanted: intOf(wantedValues.get(LOCKS)), now: intOf(values.get(LOCKS)) };
  const failed: string[] = [];
  for (const option of optionsOf(type)) {
    const want = wantedValues.get(option.name);
    const has = values.get(option.name);
    if (want === undefined || has === undefined || option.name === LOCKS) continue;
    if (Buffer.compare(want, has) === 0) continue;
    const buffer = BUFFERS[option.name];
    // The kernel itself changes the size of a buffer that the program has not chosen.
    if (buffer !== undefined && ((locks.wanted | locks.now) & buffer.lock) === 0) continue;
    const isSet = buffer === undefined ? set(own, option, want) : resize(own, option, want);
    if (!isSet) failed.push(option.name);
  }
  const [lock] = optionsOf(type).filter(({ name }) => name === LOCKS);
  const wantedLocks = wantedValues.get(LOCKS);
  if (locks.wanted !== locks.now && lock !== undefined && wantedLocks !== undefined) {
    if (!set(own, lock, wantedLocks)) failed.push(LOCKS);
  }
  return failed;
}

function set(own: number, { level, number }: SocketOption, want: Buffer): boolean {
  return setOptionBytes(own, level, number, want) === 0;
}

/** Past the limits of the system only by privilege; without it the kernel takes what it may. */
function resize(own: number, option: SocketOption, want: Buffer): boolean {
  const { level, name, number } = option;
  const wanted = intOf(want);
  const force = BUFFERS[name]?.force ?? number;
  if (setSocketInt(own, force, wanted >>> 1) !== 0) setSocketInt(own, number, wanted >>> 1);
  const isTold = getOptionBytes(own, level, number, value) === INT_SIZE;
  // An odd size is the kernel's own choice.
  return isTold && Math.abs(value.bytes.readInt32LE(0) - wanted) <= 1;
}

function parse(type: SocketType, bytes: Uint8Array): Map<string, Buffer> {
  const values = new Map<string, Buffer>();
  let offset = 0;
  for (const { name, sizeBytes } of optionsOf(type)) {
    const start = offset + 1;
    if (bytes[offset] === 1) {
      values.set(name, Buffer.from(bytes.subarray(start, start + sizeBytes)));
    }
    offset = start + sizeBytes;
  }
  return values;
}

function intOf(bytes: Buffer | undefined): number {
  return bytes?.readInt32LE(0) ?? 0;
}
