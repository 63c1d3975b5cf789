/**
 * Has a stopped process execute a command, as execvp(3) would: the PATH of its own environment, and
 * /bin/sh for a file that the kernel does not know how to execute. All words are bytes.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';
import { PAGE_SIZE, SYS } from '../arch/x64/syscalls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { BelayError, errnoName } from '../errors.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../sys/mmap.ts';
import type { RemoteCalls } from '../tracee/remote-calls.ts';
import { whyNotSupervised, type Refusal } from './program-file.ts';

const { ENOENT, ENOTDIR, EACCES, ENOEXEC } = constants.errno;
/** execvp(3) where PATH is not set. */
const DEFAULT_PATH = '/bin:/usr/bin';
const SLASH = Buffer.from('/');
const SHELL = Buffer.from('/bin/sh');

/** Undefined: the command runs, and is at its exec stop. Else ENOTFOUND or ENOTEXECUTABLE. */
export function execCommand(
  calls: RemoteCalls,
  process_: TracedProcess,
  command: readonly Buffer[],
): BelayError | undefined {
  const environment = splitWords(readFileSync(`/proc/${process_.pid}/environ`));
  const exec = (path: Buffer, words: readonly Buffer[]): number =>
    execPath(calls, process_, path, words, environment);
  const [name = Buffer.alloc(0), ...words] = command;
  let denied = 0;
  for (const path of candidates(name, environment)) {
    const refusal = whyNotSupervised(process_.pid, path);
    if (refusal !== undefined) return notExecutable(name, refusal);
    let errno = exec(path, command);
    if (errno === ENOEXEC) errno = exec(SHELL, [Buffer.from('sh'), path, ...words]);
    if (errno === 0) return undefined;
    if (errno === EACCES) denied = errno;
    else if (errno !== ENOENT && errno !== ENOTDIR) return notExecutable(name, refusalOf(errno));
  }
  if (denied !== 0) return notExecutable(name, refusalOf(denied));
  return new BelayError('ENOTFOUND', `cannot run ${quote(name)}: no such file or directory`, {
    hint: name.includes(SLASH) ? 'is its interpreter there, too?' : 'it is in no directory of PATH',
  });
}

function notExecutable(name: Buffer, { why, hint }: Refusal): BelayError {
  return new BelayError('ENOTEXECUTABLE', `cannot run ${quote(name)}: ${why}`, { hint });
}

function refusalOf(errno: number): Refusal {
  return {
    why: getSystemErrorMessage(-errno),
    hint:
      errno === EACCES
        ? 'it must be a file that you may execute, and not be mounted noexec'
        : `the kernel refuses it: execve(2) says ${errnoName(errno)}`,
  };
}

function quote(name: Buffer): string {
  return JSON.stringify(name.toString('utf8'));
}

function candidates(name: Buffer, environment: readonly Buffer[]): Buffer[] {
  if (name.length === 0) return [];
  if (name.includes(SLASH)) return [name];
  const entry = environment.find((each) => each.subarray(0, 5).toString('latin1') === 'PATH=');
  const path = entry === undefined ? DEFAULT_PATH : entry.subarray(5).toString('latin1');
  return path
    .split(':')
    .map((directory) => Buffer.from(directory === '' ? '' : `${directory}/`, 'latin1'))
    .map((prefix) => Buffer.concat([prefix, name]));
}

/** Words that end with a NUL each. */
export function splitWords(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    words.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return words;
}

/** One execve, its strings and pointer arrays in a mapping that the exec itself does away with. */
function execPath(
  calls: RemoteCalls,
  process_: TracedProcess,
  path: Buffer,
  words: readonly Buffer[],
  environment: readonly Buffer[],
): number {
  const strings = [path, ...words, ...environment];
  const pointersSize = (strings.length + 2) * 8;
  const size = strings.reduce((sum, each) => sum + each.length + 1, pointersSize);
  const mapped = Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
  const protection = PROT_READ | PROT_WRITE;
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const base = calls.callOrThrow('mmap', SYS.mmap, 0, mapped, protection, flags, -1, 0);
  const image = Buffer.alloc(size);
  const addresses: number[] = [];
  let at = pointersSize;
  for (const each of strings) {
    addresses.push(base + at);
    each.copy(image, at);
    at += each.length + 1;
  }
  const [pathAddress = 0, ...others] = addresses;
  const argv = others.slice(0, words.length);
  [...argv, 0, ...others.slice(words.length), 0].forEach((address, index) => {
    image.writeBigUInt64LE(BigInt(address), index * 8);
  });
  process_.target.write(base, image);
  const environmentAt = base + (words.length + 1) * 8;
  const result = calls.call(SYS.execve, pathAddress, base, environmentAt);
  if (result < 0) calls.call(SYS.munmap, base, mapped);
  return result < 0 ? -result : 0;
}
