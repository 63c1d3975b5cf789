/**
 * name_to_handle_at(2): what tells a file from one that has its inode number later. Takes no
 * privilege; open_by_handle_at(2) does.
 *
 * @see https://man7.org/linux/man-pages/man2/open_by_handle_at.2.html
 */
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

const SYS_name_to_handle_at = 303;
const SYS_open_by_handle_at = 304;
const O_PATH_CLOEXEC = 0o12000000;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_EMPTY_PATH = 0x1000;
/** For comparing only: since Linux 6.5, of more file systems than those that can be exported. */
const AT_HANDLE_FID = 0x200;
const PATH_MAX = 4096;
/** MAX_HANDLE_SZ. */
const HANDLE_MAX = 128;
/** struct file_handle: size, type, then the handle. */
const HEADER_SIZE = 8;

const call = declare('long syscall(long, int, uint64_t, uint64_t, uint64_t, int)');
const openCall = declare('long syscall(long, int, uint64_t, int)');
const handle = new NativeBuffer(HEADER_SIZE + HANDLE_MAX);
const pathname = new NativeBuffer(PATH_MAX);
const mountId = new NativeBuffer(8);

/**
 * The handle's type and bytes as latin1, of `directory` itself where `path` is empty; empty where
 * the file system has none.
 */
export function readHandle(directory: number, path: string | Buffer): string {
  const name = Buffer.from(path);
  if (name.length >= PATH_MAX) return '';
  pathname.bytes.set(name);
  pathname.bytes[name.length] = 0;
  const given = name.length === 0 ? AT_EMPTY_PATH : AT_SYMLINK_FOLLOW;
  for (const flags of [given | AT_HANDLE_FID, given]) {
    handle.words[0] = HANDLE_MAX;
    const { address } = handle;
    const names = [pathname.address, address, mountId.address] as const;
    const result = call(SYS_name_to_handle_at, directory, ...names, flags);
    if (toNumber(result) !== 0) continue;
    return handle.bytes.toString('latin1', 4, HEADER_SIZE + handle.words[0]);
  }
  return '';
}

/**
 * `int open_by_handle_at(mount, handle, O_PATH)`: a descriptor that only stands for the file, or
 * minus errno. Takes CAP_DAC_READ_SEARCH.
 *
 * @param mount a descriptor of anything on its file system, but none of O_PATH
 */
export function openByHandle(mount: number, type: number, bytes: Buffer): number {
  handle.words[0] = Math.min(bytes.length, HANDLE_MAX);
  handle.words[1] = type;
  handle.bytes.set(bytes.subarray(0, HANDLE_MAX), HEADER_SIZE);
  const fd = toNumber(openCall(SYS_open_by_handle_at, mount, handle.address, O_PATH_CLOEXEC));
  return fd < 0 ? -errnoNow() : fd;
}
