/** What `run` is given to start, checked: a value that is none is a mistake of the caller's. */
import { statSync } from 'node:fs';
import { BelayError } from '../errors.ts';

/** @throws BelayError EUSAGE; ENOTFOUND: the working directory is none */
export function assertCommand({
  command,
  args,
  cwd,
}: Record<'command' | 'args' | 'cwd', unknown>): void {
  if (!isWord(command)) throw refusal('command', 'it must be a string without NUL');
  if (!Array.isArray(args) || !args.every(isWord)) {
    throw refusal('arguments', 'they must be a list of strings without NUL');
  }
  if (cwd === undefined) return;
  if (!isWord(cwd)) throw refusal('options', 'cwd must be a string without NUL');
  if (isDirectory(cwd)) return;
  throw new BelayError('ENOTFOUND', `cannot run ${command} in ${cwd}: it is no directory`, {
    hint: 'is cwd right?',
  });
}

/** @throws BelayError EUSAGE */
export function assertPid(pid: unknown): void {
  if (Number.isSafeInteger(pid) && Number(pid) > 0) return;
  throw refusal('pid', 'it must be a whole number above 0');
}

function refusal(what: string, why: string): BelayError {
  return new BelayError('EUSAGE', `cannot use that ${what}: ${why}`, { hint: 'see docs/api.md' });
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0');
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
