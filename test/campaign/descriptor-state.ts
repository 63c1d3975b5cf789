/** What /proc tells of one descriptor, entry by entry. */
import type { Entry } from './kernel-state.ts';

const CLOSE_ON_EXEC = 0o2000000;
/** What open(2) marks what it opens with, and pipe(2) does not: it says nothing of a pipe. */
const LARGEFILE = 0o100000;
/** O_TMPFILE: how it was opened, which is not so when it is opened again. */
const UNNAMED = 0o20200000;
const DELETED = ' (deleted)';

/** Each stands for itself, as often as it comes; sorted, and without what numbers them. */
const LISTS: readonly (readonly [what: string, line: RegExp, order: RegExp])[] = [
  ['locks', /^lock:(?!.*(LEASE|POSIX))/, /^lock:\s*\d+:/],
  ['lease.lines', /^lock:.*LEASE/, /^lock:\s*\d+:/],
  // The looker says whether it is the file of its number.
  ['epoll.members', /^tfd:/, / ino:\S+ sdev:\S+/],
  ['inotify.watches', /^inotify /, /^/],
];
/** Told by mount and inode already, or by the looker. */
const TOLD_OTHERWISE = new Set(['pos', 'flags', 'ino']);
const HAS_POSITION = /^(?!anon_inode:|pipe:|socket:|pidfd:)/;
const NAMES: Readonly<Record<string, string>> = {
  'eventfd-count': 'eventfd.count',
  sigmask: 'signalfd.mask',
  it_value: 'timerfd.it_value',
  it_interval: 'timerfd.it_interval',
  clockid: 'timerfd.clockid',
  ticks: 'timerfd.ticks',
  'settime flags': 'timerfd.settime-flags',
  Pid: 'pidfd.pid',
};
/** Nobody's: a number that the kernel gives to each eventfd that is made. */
const NOT_COMPARED = new Set(['eventfd-id', 'NSpid', 'tty-index']);

export function readDescriptorState(fd: number, info: string, link: string): Entry[] {
  const whose = `fd ${fd}`;
  const entries: Entry[] = [];
  const add = (what: string, value: string): number => entries.push({ what, whose, value });
  const lines = info.split('\n').filter(Boolean);
  const fields = new Map(lines.map((line) => splitField(line)));
  const flags = parseInt(fields.get('flags') ?? '0', 8);
  add('close-on-exec', String((flags & CLOSE_ON_EXEC) !== 0));
  const opened = link.startsWith('pipe:') ? LARGEFILE : link.endsWith(DELETED) ? UNNAMED : 0;
  add('flags', (flags & ~(CLOSE_ON_EXEC | opened)).toString(8));
  if (HAS_POSITION.test(link)) add('position', fields.get('pos') ?? '?');
  for (const [what, line, order] of LISTS) {
    const found = lines.filter((text) => line.test(text)).map((text) => text.replace(order, ''));
    if (found.length > 0) add(what, found.map(squeeze).sort().join('; '));
  }
  for (const [name, value] of fields) {
    const isListed =
      name === 'lock' || LISTS.some(([, line]) => line.test(`${name} `) || line.test(`${name}:`));
    if (isListed || TOLD_OTHERWISE.has(name) || NOT_COMPARED.has(name)) continue;
    add(NAMES[name] ?? `fdinfo.${name}`, value);
  }
  return entries;
}

/** Of one descriptor: those of the process as a whole are told of the one that they came by. */
export function readRecordLocks(info: string): string[] {
  const lines = info.split('\n').filter((line) => /^lock:.* POSIX /.test(line));
  return lines.map((line) => squeeze(line.replace(/^lock:\s*\d+:/, '')));
}

function splitField(line: string): [string, string] {
  const at = line.indexOf(':');
  return [line.slice(0, at).trim(), squeeze(line.slice(at + 1))];
}

function squeeze(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
