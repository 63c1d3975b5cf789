/**
 * /proc/PID/mountinfo: the file systems that a process sees, by the id of their mounts.
 *
 * Source: proc_pid_mountinfo(5).
 */
const LINE = /^(\d+) \d+ (\d+):(\d+) /gm;

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
