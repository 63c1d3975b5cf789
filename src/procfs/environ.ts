/**
 * Parses /proc/PID/environ: the environment a process was started with.
 *
 * Source: proc_pid_environ(5), environ(7).
 */
import { splitNulSeparated } from './nul-separated.ts';

export interface Environ {
  /** The exact bytes, `NAME=value` each, those without a `=` included. */
  readonly raw: readonly Buffer[];
  /**
   * By name, for display: bytes that are not UTF-8 are replaced by U+FFFD. Of a repeated name the
   * first, as getenv(3) has it.
   */
  readonly variables: ReadonlyMap<string, string>;
}

/** Parses the content of /proc/PID/environ. */
export function parseEnviron(bytes: Buffer): Environ {
  const raw = splitNulSeparated(bytes);
  const variables = new Map<string, string>();
  for (const entry of raw) {
    const text = entry.toString('utf8');
    const equals = text.indexOf('=');
    if (equals <= 0) continue;
    const name = text.slice(0, equals);
    if (!variables.has(name)) variables.set(name, text.slice(equals + 1));
  }
  return { raw, variables };
}
