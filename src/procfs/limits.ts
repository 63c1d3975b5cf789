/**
 * /proc/PID/limits: the soft limits, in the units of setrlimit(2).
 *
 * Source: proc_pid_limits(5).
 */

export type LimitName =
  | 'Max address space'
  | 'Max data size'
  | 'Max file size'
  | 'Max locked memory'
  | 'Max open files'
  | 'Max stack size';

/** The soft limit; Infinity where there is none, or the file does not have it. */
export function parseSoftLimit(text: string, name: LimitName): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  const soft = line?.slice(name.length).trim().split(/\s+/)[0];
  return soft === undefined || soft === 'unlimited' ? Infinity : Number(soft);
}
