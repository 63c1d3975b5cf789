/**
 * Parses /proc/PID/cmdline: the arguments a process was started with, or now claims.
 *
 * Source: proc_pid_cmdline(5).
 */
import { splitNulSeparated } from './nul-separated.ts';

export interface Cmdline {
  /** The exact bytes: arguments need not be UTF-8. */
  readonly raw: readonly Buffer[];
  /** The same for display: bytes that are not UTF-8 are replaced by U+FFFD. */
  readonly args: readonly string[];
}

/** Parses the content of /proc/PID/cmdline; empty for zombies and kernel threads. */
export function parseCmdline(bytes: Buffer): Cmdline {
  const raw = splitNulSeparated(bytes);
  return { raw, args: raw.map((argument) => argument.toString('utf8')) };
}
