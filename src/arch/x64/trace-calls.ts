/** The ptrace(2) calls that the filter hands over: those that make a tracee. */
import { PTRACE_TRACEME } from '../../sys/ptrace.ts';
import type { Registers } from './registers.ts';

/** The thread that the call would have traced, as the caller knows it; undefined: the caller. */
export function readTracedTid(registers: Registers): number | undefined {
  return registers.getInt('rdi') === PTRACE_TRACEME ? undefined : registers.getInt('rsi');
}
