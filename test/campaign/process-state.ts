/** What /proc tells of a process and its threads but for memory, descriptors and registers. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { Entry } from './kernel-state.ts';

/** Of the process: lines of status, whole files, links. */
const STATUS = /^(Umask|Uid|Gid|Groups|NoNewPrivs|ShdPnd|Seccomp_filters|Cap\w+|THP_enabled|SigQ)$/;
const FILES = 'oom_score_adj personality coredump_filter timerslack_ns'.split(' ');
const LINKS = 'cwd root exe'.split(' ');
const OF_THREADS = /^(SigPnd|Cpus_allowed|Speculation_\w+)$/;
/** How many signals wait, and how many may; the kernel counts those of a user. */
const WITHOUT_COUNT = new Set(['SigQ']);

/** Fields of stat(5), counted from 1. */
const STAT = { pgrp: 5, session: 6, tty: 7, foreground: 8 } as const;
const THREAD_STAT = { priority: 18, nice: 19, 'rt-priority': 40, policy: 41 } as const;

function readStat(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return ['', '', '', ...text.slice(text.lastIndexOf(')') + 2).split(' ')];
}

function readStatus(path: string, wanted: RegExp): [string, string][] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.flatMap((line) => {
    const [name = '', value = ''] = line.split(/:\s*/);
    return wanted.test(name) && !WITHOUT_COUNT.has(name) ? [[name, value]] : [];
  });
}

function readLimits(pid: number): [string, string][] {
  const lines = readFileSync(`/proc/${pid}/limits`, 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) => {
    const [name = '', ...values] = line.split(/\s{2,}/);
    return [name.replace('Max ', 'limit.').replaceAll(' ', '-'), values.join(' ')];
  });
}

/** In the order of their ids: that in which they are listed is nobody's promise. */
function readTimers(path: string): string {
  const timers = readFileSync(path, 'utf8').split(/^ID: /m);
  return timers
    .map((timer) => timer.trim().replaceAll('\n', ' '))
    .sort()
    .join('; ');
}

/** But for hierarchies at whose root it is, as everybody is in one that somebody mounts. */
function readGroups(path: string): string {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => !line.endsWith(':/')).join('\n');
}

function readProcess(pid: number): [string, string][] {
  const base = `/proc/${pid}`;
  const stat = readStat(`${base}/stat`);
  const namespaces = readdirSync(`${base}/ns`).map((name): [string, string] => [
    `namespace.${name}`,
    readlinkSync(`${base}/ns/${name}`),
  ]);
  return [
    ...readStatus(`${base}/status`, STATUS),
    ...FILES.map((name): [string, string] => [name, readFileSync(`${base}/${name}`, 'utf8')]),
    ['cgroup', readGroups(`${base}/cgroup`)],
    ...LINKS.map((name): [string, string] => [name, readlinkSync(`${base}/${name}`)]),
    ...Object.entries(STAT).map(([name, at]): [string, string] => [name, stat[at] ?? '']),
    ...namespaces,
    ...readLimits(pid),
    ['timers', readTimers(`${base}/timers`)],
  ];
}

function readThread(pid: number, tid: string): [string, string][] {
  const base = `/proc/${pid}/task/${tid}`;
  const stat = readStat(`${base}/stat`);
  return [
    ...readStatus(`${base}/status`, OF_THREADS),
    ...Object.entries(THREAD_STAT).map(([name, at]): [string, string] => [name, stat[at] ?? '']),
  ];
}

/** The same for both queues: what waits is compared as sets (kernel-state.ts). */
const PENDING = /^(process|thread)\.S(hd|ig)Pnd$/;

export function readProcessState(pid: number): Entry[] {
  const of = (kind: string, whose: string, fields: [string, string][]): Entry[] =>
    fields.map(([name, value]) => {
      const what = `${kind}.${name}`;
      return { what: PENDING.test(what) ? 'pending' : what, whose, value: value.trimEnd() };
    });
  return [
    ...of('process', 'the process', readProcess(pid)),
    ...readdirSync(`/proc/${pid}/task`).flatMap((tid) =>
      of('thread', `thread ${tid}`, readThread(pid, tid)),
    ),
  ];
}
