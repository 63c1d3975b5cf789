/** signal(2), of which only one use is safe where libuv has handlers of its own: to ignore. */
import { declare } from './libc.ts';

const SIG_IGN = 1;

const signalCall = declare('int64_t signal(int, int64_t)');

/** `signal(signo, SIG_IGN)`: one that the kernel or libc refuses stays as it is. */
export function ignoreSignal(signo: number): void {
  signalCall(signo, SIG_IGN);
}
