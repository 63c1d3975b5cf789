/**
 * userfaultfd(2) ioctls for asynchronous write-protection (Linux 6.7).
 *
 * Source: include/uapi/linux/userfaultfd.h.
 */
import { declare, errnoNow, failed, NativeBuffer } from './libc.ts';

const UFFDIO_API = 0xc018aa3f;
export const UFFDIO_REGISTER = 0xc020aa00;
const UFFDIO_UNREGISTER = 0x8010aa01;
const UFFDIO_WRITEPROTECT = 0xc018aa06;
const UFFD_API = 0xaa;
const UFFD_FEATURE_PAGEFAULT_FLAG_WP = 1 << 0;
const UFFD_FEATURE_WP_HUGETLBFS_SHMEM = 1 << 12;
const UFFD_FEATURE_WP_UNPOPULATED = 1 << 13;
const UFFD_FEATURE_WP_ASYNC = 1 << 15;
const UFFDIO_REGISTER_MODE_WP = 2;

/** Flags for the call itself, which the target makes. */
export const UFFD_USER_MODE_ONLY = 1;

const ioctl = declare('int ioctl(int, ulong, uint64_t)');
const arg = new NativeBuffer(32);

/**
 * `ioctl(uffd, UFFDIO_API)` with asynchronous write-protection. Throws where the kernel has none.
 */
export function uffdioApi(uffd: number): void {
  arg.setUint64(0, UFFD_API);
  arg.setUint64(
    8,
    UFFD_FEATURE_PAGEFAULT_FLAG_WP |
      UFFD_FEATURE_WP_HUGETLBFS_SHMEM |
      UFFD_FEATURE_WP_UNPOPULATED |
      UFFD_FEATURE_WP_ASYNC,
  );
  arg.setUint64(16, 0);
  if (ioctl(uffd, UFFDIO_API, arg.address) !== 0) throw failed('ioctl(UFFDIO_API)');
}

/** `ioctl(uffd, UFFDIO_REGISTER, WP)` over [start, end): 0, or the positive errno. */
export function uffdioRegister(uffd: number, start: number, end: number): number {
  arg.setUint64(0, start);
  arg.setUint64(8, end - start);
  arg.setUint64(16, UFFDIO_REGISTER_MODE_WP);
  arg.setUint64(24, 0);
  return ioctl(uffd, UFFDIO_REGISTER, arg.address) === 0 ? 0 : errnoNow();
}

/** `ioctl(uffd, UFFDIO_UNREGISTER)` over [start, end): what is not registered stays so. */
export function uffdioUnregister(uffd: number, start: number, end: number): void {
  arg.setUint64(0, start);
  arg.setUint64(8, end - start);
  ioctl(uffd, UFFDIO_UNREGISTER, arg.address);
}

/**
 * `ioctl(uffd, UFFDIO_WRITEPROTECT)` over [start, end) without MODE_WP: its pages are writable, and
 * no marker is left where there is none. 0, or the positive errno: ENOENT where part of it is not
 * registered.
 */
export function uffdioWriteUnprotect(uffd: number, start: number, end: number): number {
  arg.setUint64(0, start);
  arg.setUint64(8, end - start);
  arg.setUint64(16, 0);
  return ioctl(uffd, UFFDIO_WRITEPROTECT, arg.address) === 0 ? 0 : errnoNow();
}
