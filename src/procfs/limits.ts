/**
 * /proc/PID/limits, in the units of setrlimit(2).
 *
 * Source: proc_pid_limits(5).
 */

export type LimitName =
  | 'Max address space'
  | 'Max data size'
  | 'Max file size'
  | 'Max locked memory'
  | 'Max open files'
  | 'Max processes'
  | 'Max stack size';

/** The soft limit; Infinity where there is none, or the file does not have it. */
export function parseSoftLimit(text: string, name: LimitName): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  const soft = line?.slice(name.length).trim().split(/\s+/)[0];
  return soft === undefined || soft === 'unlimited' ? Infinity : Number(soft);
}

/** A limit as it is told: a number that need not be exact as a double, or `unlimited`. */
export interface TextLimit {
  readonly name: string;
  readonly soft: string;
  readonly hard: string;
}

/** All of them, by the kernel's numbers (RLIMIT_CPU is 0), in whose order they are listed. */
export function parseLimits(text: string): TextLimit[] {
  const lines = text.trimEnd().split('\n').slice(1);
  return lines.map((line) => {
    const [, name = '', soft = '', hard = ''] = /^(.*?) {2,}(\S+) +(\S+)/.exec(line) ?? [];
    return { name, soft, hard };
  });
}
