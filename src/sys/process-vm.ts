/**
 * process_vm_readv(2) and process_vm_writev(2) over iovec tables that are filled in place.
 *
 * @see https://man7.org/linux/man-pages/man2/process_vm_readv.2.html
 */
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

/** UIO_MAXIOV: more elements than this are EINVAL. */
export const IOV_MAX = 1024;

const readv = declare('long process_vm_readv(int, uint64_t, ulong, uint64_t, ulong, ulong)');
const writev = declare('long process_vm_writev(int, uint64_t, ulong, uint64_t, ulong, ulong)');

/** A table of up to 1,024 {address, size} pairs. */
export class IovecTable {
  private readonly table = new NativeBuffer(IOV_MAX * 16);
  count = 0;

  get address(): number {
    return this.table.address;
  }

  clear(): void {
    this.count = 0;
  }

  /** Append; a range that touches the last one is joined to it. */
  push(address: number, sizeBytes: number): void {
    const last = (this.count - 1) * 16;
    if (last >= 0) {
      const lastSize = this.table.getUint64(last + 8);
      if (this.table.getUint64(last) + lastSize === address) {
        this.table.setUint64(last + 8, lastSize + sizeBytes);
        return;
      }
    }
    const offset = this.count * 16;
    this.table.setUint64(offset, address);
    this.table.setUint64(offset + 8, sizeBytes);
    this.count += 1;
  }
}

/** `process_vm_readv(pid, local, remote)`: bytes copied, or minus errno. Can be short. */
export function processVmReadv(pid: number, local: IovecTable, remote: IovecTable): number {
  const size = readv(pid, local.address, local.count, remote.address, remote.count, 0);
  return size === -1 ? -errnoNow() : toNumber(size);
}

/** `process_vm_writev(pid, local, remote)`: bytes copied, or minus errno. Can be short. */
export function processVmWritev(pid: number, local: IovecTable, remote: IovecTable): number {
  const size = writev(pid, local.address, local.count, remote.address, remote.count, 0);
  return size === -1 ? -errnoNow() : toNumber(size);
}
