/**
 * Signals of input and output: the kernel sends them because the program has asked for it by
 * O_ASYNC, a lease or F_NOTIFY. What was asked for since the point is undone, and nobody may be
 * there to take them: by default they end the process.
 *
 * Source: fcntl(2), F_SETSIG; fs/fcntl.c, send_sigio_to_task.
 */
import { codeOf, signoOf, viewOf } from '../../tracee/siginfo.ts';
import type { StatusLines } from '../status-lines.ts';
import { findMissing, type SignalQueue } from './pending-queues.ts';

const SIGIO = 29;
/** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGCHLD, SIGSYS: codes above 0 mean something else. */
const WITH_OWN_CODES: readonly number[] = [4, 5, 7, 8, 11, 17, 31];
const SI_KERNEL = 0x80;
const SI_SIGIO = -5;
const POLL_MSG = 3;
const POLL_HUP = 6;
const DESCRIPTOR_AT = 24;

/** What is to be known of a descriptor of the point. */
export interface Asking {
  readonly fd: number;
  /** Whom it signals, where O_ASYNC or a lease is set; 0: SIGIO. */
  readonly owner: { readonly signo: number } | undefined;
}

/** Those that came since, and that nobody had asked for at the point. */
export function findUnasked(
  now: SignalQueue,
  wanted: SignalQueue,
  table: readonly Asking[],
  status: StatusLines,
): SignalQueue {
  return findMissing(wanted, now).filter((info) => {
    if (!isOfFile(info)) return false;
    // Nothing tells of F_NOTIFY: whoever has a handler may have asked for that.
    const mayBeOther = isUntold(info) || codeOf(info) === POLL_MSG;
    if (mayBeOther && status.isCaught(signoOf(info))) return false;
    const wantedSigno = isUntold(info) ? 0 : signoOf(info);
    // Where no more can wait of what was asked for, SIGIO comes for it, and tells nothing.
    const isStandIn = isUntold(info) && table.some(({ owner }) => owner) && status.isQueueFull;
    if (isStandIn) return false;
    const asking = table.filter(({ owner }) => owner?.signo === wantedSigno);
    const fd = viewOf(info).getInt32(DESCRIPTOR_AT, true);
    // The number by which it was asked for may be closed, and the file open by another.
    const isNumber = !isUntold(info) && table.some((image) => image.fd === fd);
    return isNumber ? !asking.some((image) => image.fd === fd) : asking.length === 0;
  });
}

function isOfFile(info: Uint8Array): boolean {
  const code = codeOf(info);
  const isTold = code > 0 && code <= POLL_HUP && !WITH_OWN_CODES.includes(signoOf(info));
  return isTold || isUntold(info) || code === SI_SIGIO;
}

/** Without F_SETSIG nothing is told of the file. */
function isUntold(info: Uint8Array): boolean {
  return signoOf(info) === SIGIO && codeOf(info) === SI_KERNEL;
}
