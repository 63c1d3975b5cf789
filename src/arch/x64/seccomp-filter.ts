/**
 * The one filter that belay installs: its own call numbers go to the tracer, and so does the one
 * request for which belay has to give way, UFFDIO_REGISTER: a range can be registered with one
 * userfaultfd only. All else is allowed.
 *
 * The kernel proves "allowed whatever the arguments" for every real call number but that of ioctl,
 * and keeps them on a bitmap, so that they never run the program below.
 *
 * Source: include/uapi/linux/seccomp.h, include/uapi/linux/bpf_common.h.
 */
import { UFFDIO_REGISTER } from '../../sys/userfaultfd.ts';
import { BELAY_CALL_FIRST, BELAY_CALL_LAST, SYS } from './syscalls.ts';

export const SECCOMP_SET_MODE_FILTER = 1;
export const SECCOMP_FILTER_FLAG_TSYNC = 1 << 0;
export const SECCOMP_FILTER_FLAG_SPEC_ALLOW = 1 << 2;

const SECCOMP_RET_ALLOW = 0x7fff0000;
const SECCOMP_RET_TRACE = 0x7ff00000;
const AUDIT_ARCH_X86_64 = 0xc000003e;

const BPF_LD_W_ABS = 0x20;
const BPF_JEQ_K = 0x15;
const BPF_JGE_K = 0x35;
const BPF_JGT_K = 0x25;
const BPF_RET_K = 0x06;

/** struct seccomp_data: nr at 0, arch at 4, the second argument at 24. */
const PROGRAM: readonly (readonly [code: number, jt: number, jf: number, k: number])[] = [
  [BPF_LD_W_ABS, 0, 0, 4],
  [BPF_JEQ_K, 0, 7, AUDIT_ARCH_X86_64],
  [BPF_LD_W_ABS, 0, 0, 0],
  [BPF_JEQ_K, 2, 0, SYS.ioctl],
  [BPF_JGE_K, 0, 4, BELAY_CALL_FIRST],
  [BPF_JGT_K, 3, 2, BELAY_CALL_LAST],
  [BPF_LD_W_ABS, 0, 0, 24],
  [BPF_JEQ_K, 0, 1, UFFDIO_REGISTER],
  [BPF_RET_K, 0, 0, SECCOMP_RET_TRACE],
  [BPF_RET_K, 0, 0, SECCOMP_RET_ALLOW],
];

/** struct sock_fprog followed by the program itself, to be placed at `address` in the target. */
export function encodeFilter(address: number): Buffer {
  const bytes = Buffer.alloc(16 + PROGRAM.length * 8);
  bytes.writeUInt16LE(PROGRAM.length, 0);
  bytes.writeBigUInt64LE(BigInt(address + 16), 8);
  PROGRAM.forEach(([code, jt, jf, k], index) => {
    const at = 16 + index * 8;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(jt, at + 2);
    bytes.writeUInt8(jf, at + 3);
    bytes.writeUInt32LE(k, at + 4);
  });
  return bytes;
}
