/**
 * What a process that does not end is doing, and the supervisor that traces it, as /proc tells: for
 * the report of a test that waited in vain, on a machine that nobody can look at afterwards.
 */
import { readdirSync, readFileSync } from 'node:fs';

const SHOWN = /^(State|TracerPid|SigPnd|ShdPnd|SigBlk):/;

export function describeStanding(pid: number): string {
  const tracer = Number(/^TracerPid:\t(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  return [...describeTasks(pid), ...(tracer > 0 ? describeTasks(tracer) : [])].join('\n');
}

function describeTasks(pid: number): string[] {
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 200);
  const lines = tasksOf(pid).map((tid) => {
    const directory = `/proc/${pid}/task/${tid}`;
    const [comm, wchan, call] = ['comm', 'wchan', 'syscall'].map((name) =>
      read(`${directory}/${name}`).trim(),
    );
    const status = read(`${directory}/status`)
      .split('\n')
      .filter((line) => SHOWN.test(line));
    const stack = read(`${directory}/stack`).trim().split('\n').join(' < ');
    return `  ${tid} ${comm}: ${status.join(' ')} in ${wchan} call ${call} ${stack}`;
  });
  return [`process ${pid}: ${command}`, ...lines];
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
