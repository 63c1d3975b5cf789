/**
 * setitimer(2) for the tracer itself: an alarm that ends its waitpid(2), and nothing else.
 *
 * The handler is a function of libc that does nothing; the alarm comes again and again until it is
 * turned off, so that one which falls between two waits is not missed. While the tracer works it is
 * blocked: splice(2) and fallocate(2) give up for any signal, half done.
 */
import { declare, failed, NativeBuffer, toNumber } from './libc.ts';

const ITIMER_REAL = 0;
const SIGALRM = 14;
const [SIG_BLOCK, SIG_UNBLOCK] = [0, 1];
const SIGSET_SIZE = 128;
/** struct sigaction of the C library: handler, a mask of 128 bytes, flags, restorer. */
const SIGACTION_SIZE = 152;
const AGAIN_US = 1000;

const setitimer = declare('int setitimer(int, uint64_t, uint64_t)');
const sigaction = declare('int sigaction(int, uint64_t, uint64_t)');
const sigmask = declare('int pthread_sigmask(int, uint64_t, uint64_t)');
const dlsym = declare('uint64_t dlsym(uint64_t, const char *)');
const value = new NativeBuffer(32);
const alarmOnly = new NativeBuffer(SIGSET_SIZE);
let hasHandler = false;
let isSet = false;

/** `setitimer(ITIMER_REAL)`: SIGALRM in `afterMs` (0: never) and every millisecond after that. */
export function setAlarm(afterMs: number): void {
  if (!hasHandler) setHandler();
  const afterUs = Math.ceil(afterMs * 1000);
  value.setUint64(0, 0);
  value.setUint64(8, afterUs === 0 ? 0 : AGAIN_US);
  value.setUint64(16, Math.floor(afterUs / 1e6));
  value.setUint64(24, afterUs % 1e6);
  if (setitimer(ITIMER_REAL, value.address, 0) !== 0) throw failed('setitimer');
  isSet = afterUs !== 0;
}

/** `wait(pid)`; the alarm, if one is set, ends what that waits in. */
export function underAlarm(wait: (pid: number) => number, pid: number): number {
  if (!isSet) return wait(pid);
  sigmask(SIG_UNBLOCK, alarmOnly.address, 0);
  const result = wait(pid);
  sigmask(SIG_BLOCK, alarmOnly.address, 0);
  return result;
}

/** Without SA_RESTART: waitpid is to answer EINTR. The alarm is blocked: see underAlarm. */
function setHandler(): void {
  const action = new NativeBuffer(SIGACTION_SIZE);
  action.setUint64(0, toNumber(dlsym(0, 'abs')));
  if (sigaction(SIGALRM, action.address, 0) !== 0) throw failed('sigaction');
  alarmOnly.setUint64(0, 2 ** (SIGALRM - 1));
  sigmask(SIG_BLOCK, alarmOnly.address, 0);
  hasHandler = true;
}
