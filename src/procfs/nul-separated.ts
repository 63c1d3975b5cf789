/**
 * Splits the NUL-separated byte strings of /proc/PID/cmdline and /proc/PID/environ.
 */

/**
 * The strings of `bytes`, as views on it. A NUL ends each string; the last one may lack it, since a
 * process can overwrite its own (setproctitle).
 */
export function splitNulSeparated(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  while (start < bytes.length) {
    const nul = bytes.indexOf(0, start);
    const end = nul < 0 ? bytes.length : nul;
    parts.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return parts;
}
