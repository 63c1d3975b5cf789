/**
 * /proc/PID/timers: the timers of timer_create(2), four lines each, the newest first.
 *
 *   ID: 3
 *   signal: 10/00001234567890ab
 *   notify: signal/tid.4711
 *   ClockID: 1
 *
 * Source: proc_pid_timers(5); fs/proc/base.c, show_timer.
 */

export interface ListedTimer {
  readonly id: number;
  readonly signo: number;
  /** union sigval, as hexadecimal digits. */
  readonly value: string;
  readonly notify: 'signal' | 'none' | 'thread';
  /** Whom the signal is for: a thread, or the process. */
  readonly isForThread: boolean;
  /** Its id, as whoever reads the file has it. */
  readonly target: number;
  readonly clock: number;
}

const TIMER = new RegExp(
  [
    /^ID: (\d+)/,
    /signal: (\d+)\/([0-9a-f]+)/,
    /notify: (signal|none|thread)\/(tid|pid)\.(-?\d+)/,
    /ClockID: (-?\d+)$/,
  ]
    .map(({ source }) => source)
    .join('\n'),
  'gm',
);

export function parseTimers(text: string): ListedTimer[] {
  if (text === '') return [];
  return [...text.matchAll(TIMER)].map((match) => {
    const [, id, signo, value = '0', notify, kind, target, clock] = match;
    return {
      id: Number(id),
      signo: Number(signo),
      value,
      notify: notify as ListedTimer['notify'],
      isForThread: kind === 'tid',
      target: Number(target),
      clock: Number(clock),
    };
  });
}

/** The same in everything but the time that is left. */
export function isSameTimer(one: ListedTimer, other: ListedTimer): boolean {
  return (
    one.id === other.id &&
    one.signo === other.signo &&
    one.value === other.value &&
    one.notify === other.notify &&
    one.isForThread === other.isForThread &&
    one.target === other.target &&
    one.clock === other.clock
  );
}
