/**
 * ptrace(2), split by request. All of it must run on the thread that seized the tracee.
 *
 * Each function answers 0, or the positive errno: ESRCH ("the thread is gone, or not stopped") is
 * an expected outcome here, and the callers of the hot path must not pay for exceptions.
 *
 * @see https://man7.org/linux/man-pages/man2/ptrace.2.html
 */
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

export const PTRACE_TRACEME = 0;
const PTRACE_PEEKDATA = 2;
const PTRACE_POKEDATA = 5;
const PTRACE_CONT = 7;
const PTRACE_SINGLESTEP = 9;
export const PTRACE_ATTACH = 16;
const PTRACE_DETACH = 17;
const PTRACE_SYSCALL = 24;
const PTRACE_SETOPTIONS = 0x4200;
const PTRACE_GETEVENTMSG = 0x4201;
const PTRACE_GETSIGINFO = 0x4202;
const PTRACE_SETSIGINFO = 0x4203;
const PTRACE_GETREGSET = 0x4204;
const PTRACE_SETREGSET = 0x4205;
export const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
const PTRACE_LISTEN = 0x4208;
const PTRACE_PEEKSIGINFO = 0x4209;
const PTRACE_GETSIGMASK = 0x420a;
const PTRACE_SETSIGMASK = 0x420b;
const PTRACE_SECCOMP_GET_FILTER = 0x420c;
const PTRACE_GET_RSEQ_CONFIGURATION = 0x420f;
const PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG = 0x4210;
const PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG = 0x4211;

export const PTRACE_O_TRACESYSGOOD = 0x1;
export const PTRACE_O_TRACEFORK = 0x2;
export const PTRACE_O_TRACEVFORK = 0x4;
export const PTRACE_O_TRACECLONE = 0x8;
export const PTRACE_O_TRACEEXEC = 0x10;
export const PTRACE_O_TRACEEXIT = 0x40;
export const PTRACE_O_TRACESECCOMP = 0x80;
export const PTRACE_O_EXITKILL = 0x100000;
export const PTRACE_O_SUSPEND_SECCOMP = 0x200000;

export const NT_PRSTATUS = 1;
/** user_fpregs_struct: 512 bytes. */
export const NT_PRFPREG = 2;
export const NT_X86_XSTATE = 0x202;

export const SIGINFO_SIZE = 128;
/** struct ptrace_sud_config: mode, selector, offset, len. */
export const SUD_CONFIG_SIZE = 32;

const ptrace = declare('long ptrace(long, int, uint64_t, uint64_t)');

const iovec = new NativeBuffer(16);
const message = new NativeBuffer(128);

function request(code: number, tid: number, address: number, data: number | bigint): number {
  return ptrace(code, tid, address, data) === -1 ? errnoNow() : 0;
}

/** `ptrace(PTRACE_SEIZE, tid, 0, options)`: trace without stopping. EPERM: traced, or not ours. */
export function ptraceSeize(tid: number, options: number): number {
  return request(PTRACE_SEIZE, tid, 0, options);
}

/** The same with `PTRACE_O_EXITKILL`: the tracee ends with the calling thread. */
export function ptraceSeizeForLife(tid: number): number {
  return ptraceSeize(tid, PTRACE_O_EXITKILL);
}

/** `ptrace(PTRACE_INTERRUPT, tid)`: ask a running or listening tracee to stop. */
export function ptraceInterrupt(tid: number): number {
  return request(PTRACE_INTERRUPT, tid, 0, 0);
}

/** `ptrace(PTRACE_PEEKDATA, tid, address)`: 8 bytes as a number; -1: not to be read. */
export function ptracePeekdata(tid: number, address: number): number {
  return toNumber(ptrace(PTRACE_PEEKDATA, tid, address, 0));
}

/** The same as the 64 bits that they are. */
export function ptracePeekBits(tid: number, address: number): bigint {
  return BigInt.asUintN(64, BigInt(ptrace(PTRACE_PEEKDATA, tid, address, 0)));
}

/** `ptrace(PTRACE_POKEDATA, tid, address, value)`: 8 bytes, whatever the protection says. */
export function ptracePokedata(tid: number, address: number, value: number | bigint): number {
  return request(PTRACE_POKEDATA, tid, address, value);
}

/** `ptrace(PTRACE_CONT, tid, 0, signo)`: run on; 0 suppresses the signal. */
export function ptraceCont(tid: number, signo: number): number {
  return request(PTRACE_CONT, tid, 0, signo);
}

/** `ptrace(PTRACE_SYSCALL, tid, 0, signo)`: run to the next system call's entry or exit. */
export function ptraceSyscall(tid: number, signo: number): number {
  return request(PTRACE_SYSCALL, tid, 0, signo);
}

/**
 * `ptrace(PTRACE_SINGLESTEP, tid, 0, 0)`: run one instruction. What marks the thread as stepping
 * stays until it is resumed otherwise, also when its tracer dies: it falls of SIGTRAP then.
 */
export function ptraceSinglestep(tid: number): number {
  return request(PTRACE_SINGLESTEP, tid, 0, 0);
}

/** `ptrace(PTRACE_LISTEN, tid)`: stay in the group stop, but hear of SIGCONT. */
export function ptraceListen(tid: number): number {
  return request(PTRACE_LISTEN, tid, 0, 0);
}

/** `ptrace(PTRACE_DETACH, tid, 0, signo)`: the tracee must be stopped. */
export function ptraceDetach(tid: number, signo: number): number {
  return request(PTRACE_DETACH, tid, 0, signo);
}

/** `ptrace(PTRACE_SETOPTIONS, tid, 0, options)`. */
export function ptraceSetoptions(tid: number, options: number): number {
  return request(PTRACE_SETOPTIONS, tid, 0, options);
}

/**
 * `ptrace(PTRACE_GETEVENTMSG, tid)`: the new tid, exit status or filter data; -1 when gone. It is
 * that of the stop in which the tracee is now: not the one reported last, once SIGKILL has come.
 */
export function ptraceGeteventmsg(tid: number): number {
  return request(PTRACE_GETEVENTMSG, tid, 0, message.address) === 0 ? message.getUint64(0) : -1;
}

/** `ptrace(PTRACE_GETSIGINFO, tid)` into 128 bytes at `address`. EINVAL: not a signal stop. */
export function ptraceGetsiginfo(tid: number, address: number): number {
  return request(PTRACE_GETSIGINFO, tid, 0, address);
}

/** `ptrace(PTRACE_SETSIGINFO, tid)` from 128 bytes at `address`. */
export function ptraceSetsiginfo(tid: number, address: number): number {
  return request(PTRACE_SETSIGINFO, tid, 0, address);
}

/**
 * `ptrace(PTRACE_GETREGSET, tid, NT_…)` into `sizeBytes` at `address`; the size the kernel filled,
 * or minus errno.
 */
export function ptraceGetregset(
  tid: number,
  type: number,
  address: number,
  sizeBytes: number,
): number {
  iovec.setUint64(0, address);
  iovec.setUint64(8, sizeBytes);
  const errno = request(PTRACE_GETREGSET, tid, type, iovec.address);
  return errno === 0 ? iovec.getUint64(8) : -errno;
}

/** `ptrace(PTRACE_SETREGSET, tid, NT_…)` from `sizeBytes` at `address`. */
export function ptraceSetregset(
  tid: number,
  type: number,
  address: number,
  sizeBytes: number,
): number {
  iovec.setUint64(0, address);
  iovec.setUint64(8, sizeBytes);
  return request(PTRACE_SETREGSET, tid, type, iovec.address);
}

/** Waiting signals that one call looks at: chosen; more than one is rare. */
const PEEK_COUNT = 32;
const PTRACE_PEEKSIGINFO_SHARED = 1;
const peekArguments = new NativeBuffer(16);
const peeked = new NativeBuffer(PEEK_COUNT * SIGINFO_SIZE);
const NONE_PENDING: readonly Uint8Array[] = [];

/**
 * `ptrace(PTRACE_PEEKSIGINFO, tid)`: the siginfo_t of the signals that wait in the thread's own
 * queue, or in that of its process; the first `countMax`.
 */
export function ptracePeeksiginfo(
  tid: number,
  isShared: boolean,
  countMax: number,
): readonly Uint8Array[] {
  let found = NONE_PENDING;
  for (let count = PEEK_COUNT; count === PEEK_COUNT && found.length < countMax;) {
    const asked = Math.min(PEEK_COUNT, countMax - found.length);
    const next = peekFrom(tid, isShared, found.length, asked);
    count = next.length;
    if (count > 0) found = [...found, ...next];
  }
  return found;
}

function peekFrom(
  tid: number,
  isShared: boolean,
  offset: number,
  count: number,
): readonly Uint8Array[] {
  peekArguments.setUint64(0, offset);
  peekArguments.words[2] = isShared ? PTRACE_PEEKSIGINFO_SHARED : 0;
  peekArguments.words[3] = count;
  const { address } = peeked;
  const length = toNumber(ptrace(PTRACE_PEEKSIGINFO, tid, peekArguments.address, address));
  if (length <= 0) return NONE_PENDING;
  return Array.from(
    { length },
    (_, index) =>
      new Uint8Array(peeked.bytes.subarray(index * SIGINFO_SIZE, (index + 1) * SIGINFO_SIZE)),
  );
}

/** `ptrace(PTRACE_GETSIGMASK, tid, 8)`: the mask as set by the program, 8 bytes at `address`. */
export function ptraceGetsigmask(tid: number, address: number): number {
  return request(PTRACE_GETSIGMASK, tid, 8, address);
}

/** `ptrace(PTRACE_SETSIGMASK, tid, 8)` from 8 bytes at `address`. */
export function ptraceSetsigmask(tid: number, address: number): number {
  return request(PTRACE_SETSIGMASK, tid, 8, address);
}

/** A thread's registration for restartable sequences; `address` 0 when there is none. */
export interface RseqConfiguration {
  readonly address: number;
  readonly sizeBytes: number;
  readonly signature: number;
}

/** `ptrace(PTRACE_GET_RSEQ_CONFIGURATION, tid)`; undefined where the kernel has none (< 5.13). */
export function ptraceGetRseqConfiguration(tid: number): RseqConfiguration | undefined {
  if (request(PTRACE_GET_RSEQ_CONFIGURATION, tid, 24, message.address) !== 0) {
    return undefined;
  }
  return {
    address: message.getUint64(0),
    sizeBytes: message.words[2] ?? 0,
    signature: message.words[3] ?? 0,
  };
}

/**
 * `ptrace(PTRACE_SECCOMP_GET_FILTER, tid, index, NULL)`: how many instructions the thread's filter
 * has, the oldest being 0; minus errno: ENOENT where it has no such filter, EACCES, EINVAL.
 */
export function ptraceSeccompGetFilter(tid: number, index: number): number {
  const result = toNumber(ptrace(PTRACE_SECCOMP_GET_FILTER, tid, index, 0));
  return result === -1 ? -errnoNow() : result;
}

/** `ptrace(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, tid)` into SUD_CONFIG_SIZE bytes. */
export function ptraceGetSyscallUserDispatchConfig(tid: number, address: number): number {
  return request(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, tid, SUD_CONFIG_SIZE, address);
}

/** `ptrace(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, tid)` from SUD_CONFIG_SIZE bytes. */
export function ptraceSetSyscallUserDispatchConfig(tid: number, address: number): number {
  return request(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, tid, SUD_CONFIG_SIZE, address);
}
