/**
 * /proc/PID/mountinfo: the file systems that a process sees, by the id of their mounts.
 *
 * Source: proc_pid_mountinfo(5).
 */
const LINE = /^(\d+) \d+ (\d+):(\d+) /gm;

/** Id, device, root and place of a mount, and its type behind what may be said between. */
const WHOLE_LINE = /^(\d+) \d+ \S+ \S+ (\S+) .* - (\S+) /gm;
const DEVICE_LINE = /^\d+ \d+ (\S+) \S+ (\S+) .* - (\S+) /gm;
const ESCAPED = /\\([0-7]{3})/g;
/**
 * Served by a process, or by another machine: to ask them can take for ever. Chosen: what waits for
 * no more than a disk or the host of a virtual machine is none.
 */
const SERVED =
  /^(?:fuse|fuse\..*|fuseblk|nfs4?|cifs|smb3|9p|ceph|afs|coda|autofs|orangefs|lustre)$/;

export interface ServedMount {
  readonly id: number;
  /** As latin1, without a slash at its end. */
  readonly place: string;
}

/** The mounts of file systems whose answers may be long in coming, or never come. */
export function parseServedMounts(text: string): readonly ServedMount[] {
  return [...text.matchAll(WHOLE_LINE)]
    .filter(([, , , type = '']) => SERVED.test(type))
    .map(([, id, place = '']) => ({ id: Number(id), place: unescape(place).replace(/\/$/, '') }));
}

export interface Mount {
  /** As latin1. */
  readonly place: string;
  readonly type: string;
}

/** The mount of this id; undefined: the process does not see it. */
export function findMount(text: string, id: number): Mount | undefined {
  for (const [, found, place = '', type = ''] of text.matchAll(WHOLE_LINE)) {
    if (Number(found) === id) return { place: unescape(place), type };
  }
  return undefined;
}

function unescape(place: string): string {
  return place.replace(ESCAPED, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Where file systems on this device are mounted that nobody serves. */
export function findPlaces(text: string, major: number, minor: number): string[] {
  const device = `${major}:${minor}`;
  return [...text.matchAll(DEVICE_LINE)]
    .filter(([, found, , type = '']) => found === device && !SERVED.test(type))
    .map(([, , place = '']) => unescape(place));
}

/** The device of each mount, by its id, written as /proc/locks has it: `00:2e`. */
export function parseMountDevices(text: string): ReadonlyMap<number, string> {
  const entries = [...text.matchAll(LINE)].map(
    ([, id, major, minor]) => [Number(id), nameDevice(Number(major), Number(minor))] as const,
  );
  return new Map(entries);
}

/** The device that stat(2) tells, written in the same way. */
export function toDevice(dev: number): string {
  const minor = (dev & 0xff) | (Math.floor(dev / 2 ** 12) & 0xfff00);
  return nameDevice((dev >> 8) & 0xfff, minor);
}

function nameDevice(major: number, minor: number): string {
  return [major, minor].map((number) => number.toString(16).padStart(2, '0')).join(':');
}
