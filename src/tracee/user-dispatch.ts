/**
 * Syscall user dispatch: a thread that has its own system calls come as SIGSYS, as Wine does.
 *
 * The kernel looks at it for every call that the thread enters, those that it makes for us too. It
 * is the thread's own, is not inherited, and ends with exec; a tracer may set it.
 *
 * Source: Documentation/admin-guide/syscall-user-dispatch.rst; include/uapi/linux/ptrace.h.
 */
import { NativeBuffer } from '../sys/libc.ts';
import {
  ptraceGetSyscallUserDispatchConfig,
  ptraceSetSyscallUserDispatchConfig,
  SUD_CONFIG_SIZE,
} from '../sys/ptrace.ts';

const config = new NativeBuffer(SUD_CONFIG_SIZE);

/** A copy of struct ptrace_sud_config; undefined: it is off. Kernels before 6.4 do not tell. */
export function readUserDispatch(tid: number): Uint8Array | undefined {
  if (ptraceGetSyscallUserDispatchConfig(tid, config.address) !== 0) return undefined;
  return config.words[0] === 0 ? undefined : new Uint8Array(config.bytes);
}

/** Set it as read; undefined: switch it off. The thread is stopped. */
export function writeUserDispatch(tid: number, wanted: Uint8Array | undefined): void {
  if (wanted === undefined) config.bytes.fill(0);
  else config.bytes.set(wanted);
  ptraceSetSyscallUserDispatchConfig(tid, config.address);
}
