/**
 * What can be told of a program by its file before it is executed: one that could not be supervised
 * is not begun.
 */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';

export interface Refusal {
  readonly why: string;
  readonly hint: string;
}

const UNREADABLE: Refusal = {
  why: 'it may be executed but not read, and what a program keeps from its user cannot be saved',
  hint: 'make it readable, or run belay as root',
};
const OF_32_BITS: Refusal = {
  why: 'it is a 32-bit program',
  hint: 'belay supervises programs of 64 bits',
};
const OF_ANOTHER: Refusal = {
  why: 'it takes on the rights of the user it belongs to, and would not get them',
  hint: 'run belay as root',
};

/** The beginning of a file by which the kernel tells what it is: BINPRM_BUF_SIZE. */
const HEAD_SIZE = 256;
const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const EI_CLASS = 4;
const ELFCLASS32 = 1;
/** A script may have a script as its interpreter: five times, says the kernel. */
const INTERPRETERS_MAX = 5;
const S_ISUID = 0o4000;
const SLASH = '/'.charCodeAt(0);

/**
 * Why the file cannot be a program under supervision; undefined: it can, or there is another reason
 * that execve will have. `path` is the process's own: relative to its directory.
 */
export function whyNotSupervised(pid: number, path: Buffer): Refusal | undefined {
  let next: Buffer | undefined = path;
  for (let depth = 0; depth <= INTERPRETERS_MAX && next !== undefined; depth += 1) {
    const head = readHead(pid, next);
    if (head === undefined || 'why' in head) return head;
    if (head.bytes.subarray(0, ELF_MAGIC.length).equals(ELF_MAGIC)) return whyNotElf(head);
    next = interpreterOf(head.bytes);
  }
  return undefined;
}

interface Head {
  readonly bytes: Buffer;
  /** The rights of another user are to be had by executing it, but not by a tracee. */
  readonly isOfAnother: boolean;
}

function readHead(pid: number, path: Buffer): Head | Refusal | undefined {
  const isAbsolute = path[0] === SLASH;
  const from = isAbsolute ? path : Buffer.concat([Buffer.from(`/proc/${pid}/cwd/`), path]);
  let fd;
  try {
    const stat = statSync(from);
    if (!stat.isFile()) return undefined;
    accessSync(from, constants.X_OK);
    fd = openSync(from, 'r');
    const bytes = Buffer.alloc(HEAD_SIZE);
    const sizeBytes = readSync(fd, bytes, 0, HEAD_SIZE, 0);
    const own = process.geteuid?.() ?? 0;
    const isOfAnother = (stat.mode & S_ISUID) !== 0 && stat.uid !== own && own !== 0;
    return { bytes: bytes.subarray(0, sizeBytes), isOfAnother };
  } catch {
    return isExecuteOnly(from) ? UNREADABLE : undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function isExecuteOnly(path: Buffer): boolean {
  const has = (mode: number): boolean => {
    try {
      accessSync(path, mode);
      return true;
    } catch {
      return false;
    }
  };
  return has(constants.X_OK) && !has(constants.R_OK);
}

function whyNotElf({ bytes, isOfAnother }: Head): Refusal | undefined {
  if (bytes[EI_CLASS] === ELFCLASS32) return OF_32_BITS;
  return isOfAnother ? OF_ANOTHER : undefined;
}

/** The path in the first line of a script. */
function interpreterOf(bytes: Buffer): Buffer | undefined {
  const [line = ''] = bytes.toString('latin1').split('\n', 1);
  const path = /^#![ \t]*([^ \t]+)/.exec(line)?.[1];
  return path === undefined ? undefined : Buffer.from(path, 'latin1');
}
