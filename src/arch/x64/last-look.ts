/**
 * Which calls, broken off by a stop, may be made once more without waiting, to see whether what
 * they wait for has come.
 *
 * Those that the kernel would make again itself, or that have consumed nothing (registers.ts). Not
 * those where there is nothing to come (pause, sleeps, sigsuspend), that our filter or a mask of
 * their own is in the way of, or that a file system of the program's own may hold up.
 */
import {
  EINTR,
  ERESTARTNOINTR,
  ERESTARTSYS,
  ERESTART_RESTARTBLOCK,
  type Registers,
} from './registers.ts';

/** ioctl, madvise, pause, nanosleep, clone, rt_sigsuspend, clock_nanosleep, io_pgetevents. */
const NEVER: ReadonlySet<number> = new Set([16, 28, 34, 35, 56, 130, 230, 333]);
/** The argument with a signal mask that is in force while the call waits, where there is one. */
const MASKS: ReadonlyMap<number, number> = new Map([
  [270, 5],
  [271, 3],
  [281, 4],
  [441, 4],
]);
/** They answer EINTR after a stop, and come from files alone: read, write and their siblings. */
const OF_FILES: ReadonlySet<number> = new Set([0, 1, 19, 20, 40, 285]);

/** Whether the call that the registers are in may be; `call`: its number. */
export function mayBeMadeAtOnce(registers: Registers, call: number): boolean {
  if (!registers.isInterruptedSyscall() || registers.isCompatCall() || NEVER.has(call))
    return false;
  const result = registers.getInt('rax');
  if (result === ERESTARTNOINTR || (result === EINTR && OF_FILES.has(call))) return false;
  const mask = MASKS.get(call);
  return mask === undefined || registers.getArgument(mask) === 0;
}

/** It had to be broken off once more: nothing has come. */
export function isBrokenOffAgain(result: number): boolean {
  return result === EINTR || (result >= ERESTART_RESTARTBLOCK && result <= ERESTARTSYS);
}
