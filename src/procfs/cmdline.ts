/**
 * Parses /proc/PID/cmdline: the arguments a process was started with, or now claims.
 *
 * Source: proc_pid_cmdline(5).
 */
import { basename } from 'node:path';
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

/** Chosen: a screen or two. Arguments can be megabytes, and a process can claim terabytes. */
export const COMMAND_SHOWN_MAX = 4096;
const CUT = '…';

/** The beginning of a command line, for records and lists; `…` says that there is more. */
export function shortenCommand(command: readonly string[]): string[] {
  const shown: string[] = [];
  let left = COMMAND_SHOWN_MAX;
  for (const word of command) {
    if (left <= 0) return [...shown, CUT];
    shown.push(word.length <= left ? word : word.slice(0, left) + CUT);
    left -= word.length + 1;
  }
  return shown;
}

/** The names by which people know a process: of its file, its title, and what it calls itself. */
export function namesOf(command: readonly string[], comm: string, executable: string): string[] {
  const title = command[0] ?? '';
  const [firstWord = ''] = title.split(/[ :]/);
  const names = [title, basename(title), basename(firstWord), comm, basename(executable)];
  return [...new Set(names.filter((name) => name !== ''))];
}
