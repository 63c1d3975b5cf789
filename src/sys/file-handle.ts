/**
 * name_to_handle_at(2): what tells a file from one that has its inode number later. Takes no
 * privilege.
 *
 * @see https://man7.org/linux/man-pages/man2/open_by_handle_at.2.html
 */
import { declare, NativeBuffer, toNumber } from './libc.ts';

const SYS_name_to_handle_at = 303;
const AT_SYMLINK_FOLLOW = 0x400;
/** For comparing only: since Linux 6.5, of more file systems than those that can be exported. */
const AT_HANDLE_FID = 0x200;
/** MAX_HANDLE_SZ. */
const HANDLE_MAX = 128;
/** struct file_handle: size, type, then the handle. */
const HEADER_SIZE = 8;

const call = declare('long syscall(long, int, const char *, uint64_t, uint64_t, int)');
const handle = new NativeBuffer(HEADER_SIZE + HANDLE_MAX);
const mountId = new NativeBuffer(8);

/** The handle's type and bytes as latin1; empty where the file system has none. */
export function readHandle(directory: number, path: string): string {
  for (const flags of [AT_SYMLINK_FOLLOW | AT_HANDLE_FID, AT_SYMLINK_FOLLOW]) {
    handle.words[0] = HANDLE_MAX;
    const { address } = handle;
    const result = call(SYS_name_to_handle_at, directory, path, address, mountId.address, flags);
    if (toNumber(result) !== 0) continue;
    return handle.bytes.toString('latin1', 4, HEADER_SIZE + handle.words[0]);
  }
  return '';
}
