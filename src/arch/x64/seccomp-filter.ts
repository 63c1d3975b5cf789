/**
 * The one filter that belay installs: its own call numbers go to the tracer, and so do the calls
 * for which belay has to give way. All else is allowed.
 *
 *   ioctl    UFFDIO_REGISTER: a range can be registered with one userfaultfd only
 *   ptrace   PTRACE_TRACEME, ATTACH and SEIZE: a thread can be traced by one tracer only
 *   clone    with CLONE_UNTRACED: what such a child asks for would be answered with ENOSYS
 *   madvise  MADV_GUARD_INSTALL: the kernel goes round for ever over protected pages of files
 *
 * Where children are left alone they have the filter and nobody to answer what it hands over: that
 * is answered with ENOSYS. Of belay's own numbers that is the kernel's own answer. So only those
 * are handed over there; and guard pages are not to be had, as before Linux 6.13: a call over
 * protected pages of the program's would never return.
 *
 * The kernel proves "allowed whatever the arguments" for every other real call number, and keeps
 * them on a bitmap, so that they never run the program below.
 *
 * Source: include/uapi/linux/seccomp.h, include/uapi/linux/bpf_common.h.
 */
import { constants } from 'node:os';
import { CLONE_UNTRACED } from '../../sys/clone3.ts';
import { MADV_GUARD_INSTALL } from '../../sys/madvise.ts';
import { PTRACE_ATTACH, PTRACE_SEIZE, PTRACE_TRACEME } from '../../sys/ptrace.ts';
import { UFFDIO_REGISTER } from '../../sys/userfaultfd.ts';
import { BELAY_CALL_FIRST, BELAY_CALL_LAST, SYS } from './syscalls.ts';

export const SECCOMP_SET_MODE_FILTER = 1;
export const SECCOMP_FILTER_FLAG_TSYNC = 1 << 0;
export const SECCOMP_FILTER_FLAG_SPEC_ALLOW = 1 << 2;

const SECCOMP_RET_ERRNO = 0x00050000;
const SECCOMP_RET_ALLOW = 0x7fff0000;
const SECCOMP_RET_TRACE = 0x7ff00000;
/**
 * What the kernel tells of a call that this filter hands over, PTRACE_GETEVENTMSG: a filter of the
 * program's own can hand over the same calls, to a tracer that it does not have.
 */
export const FILTER_DATA = 0xbe1a;
const AUDIT_ARCH_X86_64 = 0xc000003e;

const BPF_LD_W_ABS = 0x20;
const BPF_JEQ_K = 0x15;
const BPF_JGE_K = 0x35;
const BPF_JGT_K = 0x25;
const BPF_JSET_K = 0x45;
const BPF_RET_K = 0x06;

/** struct seccomp_data: nr at 0, arch at 4, the first three arguments at 16, 24 and 32. */
const [NR, ARCH, FIRST, SECOND, THIRD] = [0, 4, 16, 24, 32];

type Program = readonly (readonly [code: number, jt: number, jf: number, k: number])[];

const HANDS_OVER: Program = [
  [BPF_LD_W_ABS, 0, 0, ARCH],
  [BPF_JEQ_K, 0, 18, AUDIT_ARCH_X86_64],
  [BPF_LD_W_ABS, 0, 0, NR],
  [BPF_JEQ_K, 5, 0, SYS.ioctl],
  [BPF_JEQ_K, 6, 0, SYS.ptrace],
  [BPF_JEQ_K, 9, 0, SYS.clone],
  [BPF_JEQ_K, 10, 0, SYS.madvise],
  [BPF_JGE_K, 0, 12, BELAY_CALL_FIRST],
  [BPF_JGT_K, 11, 10, BELAY_CALL_LAST],
  [BPF_LD_W_ABS, 0, 0, SECOND],
  [BPF_JEQ_K, 8, 9, UFFDIO_REGISTER],
  [BPF_LD_W_ABS, 0, 0, FIRST],
  [BPF_JEQ_K, 6, 0, PTRACE_TRACEME],
  [BPF_JEQ_K, 5, 0, PTRACE_ATTACH],
  [BPF_JEQ_K, 4, 5, PTRACE_SEIZE],
  [BPF_LD_W_ABS, 0, 0, FIRST],
  [BPF_JSET_K, 2, 3, CLONE_UNTRACED],
  [BPF_LD_W_ABS, 0, 0, THIRD],
  [BPF_JEQ_K, 0, 1, MADV_GUARD_INSTALL],
  [BPF_RET_K, 0, 0, SECCOMP_RET_TRACE | FILTER_DATA],
  [BPF_RET_K, 0, 0, SECCOMP_RET_ALLOW],
];

const LEAVES_CHILDREN: Program = [
  [BPF_LD_W_ABS, 0, 0, ARCH],
  [BPF_JEQ_K, 0, 8, AUDIT_ARCH_X86_64],
  [BPF_LD_W_ABS, 0, 0, NR],
  [BPF_JEQ_K, 2, 0, SYS.madvise],
  [BPF_JGE_K, 0, 5, BELAY_CALL_FIRST],
  [BPF_JGT_K, 4, 3, BELAY_CALL_LAST],
  [BPF_LD_W_ABS, 0, 0, THIRD],
  [BPF_JEQ_K, 0, 2, MADV_GUARD_INSTALL],
  [BPF_RET_K, 0, 0, SECCOMP_RET_ERRNO | constants.errno.EINVAL],
  [BPF_RET_K, 0, 0, SECCOMP_RET_TRACE | FILTER_DATA],
  [BPF_RET_K, 0, 0, SECCOMP_RET_ALLOW],
];

/**
 * struct sock_fprog followed by the program itself, to be placed at `address` in the target.
 *
 * @param leavesChildren whoever inherits the filter has no tracer
 */
export function encodeFilter(address: number, leavesChildren = false): Buffer {
  const program = leavesChildren ? LEAVES_CHILDREN : HANDS_OVER;
  const bytes = Buffer.alloc(16 + program.length * 8);
  bytes.writeUInt16LE(program.length, 0);
  bytes.writeBigUInt64LE(BigInt(address + 16), 8);
  program.forEach(([code, jt, jf, k], index) => {
    const at = 16 + index * 8;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(jt, at + 2);
    bytes.writeUInt8(jf, at + 3);
    bytes.writeUInt32LE(k, at + 4);
  });
  return bytes;
}
