/**
 * Reads everything of a standing process that a rollback must put back, through /proc alone.
 *
 * Nothing here comes from the engine: what both got wrong in the same way would never be seen.
 */
import { closeSync, openSync, readFileSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { type KernelState, type Looker, readKernelState } from './kernel-state.ts';
import { readSharedContents } from './shared-contents.ts';

export const PAGE_SIZE = 4096;

export interface Mapping {
  start: number;
  end: number;
  permissions: string;
  offset: number;
  device: string;
  inode: number;
  path: string;
  /** The VmFlags of smaps that a program can set; undefined: not asked. */
  flags?: string;
}
/** The pages that exist, in order of address; all others read as zeros. */
export interface Memory {
  addresses: number[];
  bytes: Buffer;
  /** Guard pages, and those behind the end of their file. */
  unreadable: number[];
}
export interface Thread {
  tid: number;
  name: string;
  state: string;
  /** SigPnd, SigBlk, SigIgn, SigCgt of the status file, as they stand there. */
  signals: string;
  /** The line of the syscall file: number, arguments, stack pointer, instruction pointer. */
  call: string;
}
export interface Snapshot {
  mappings: Mapping[];
  memory: Memory;
  threads: Thread[];
  files: string[];
  /** What else the kernel knows of it, where that is asked for. */
  state?: KernelState;
}

export function parseMapping(line: string): Mapping {
  const match = /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) (\S+) (\d+) *(.*)$/.exec(line);
  if (match === null) throw new Error(`not a line of maps: ${line}`);
  const [, start = '', end = '', permissions = '', offset = '', device = '', inode = ''] = match;
  return {
    start: parseInt(start, 16),
    end: parseInt(end, 16),
    permissions,
    offset: parseInt(offset, 16),
    device,
    inode: Number(inode),
    path: match[7] ?? '',
  };
}

export function readMappings(pid: number): Mapping[] {
  const text = readFileSync(`/proc/${pid}/maps`, 'utf8');
  return text.split('\n').filter(Boolean).map(parseMapping);
}

/** Locks, advice, reserve and growth; not what the kernel keeps for itself. */
const OWN_FLAGS = new Set('lo lf dc dd wf nr gd hg nh io sr rr'.split(' '));

function readMappingsWithFlags(pid: number): Mapping[] {
  const text = readFileSync(`/proc/${pid}/smaps`, 'utf8');
  const mappings: Mapping[] = [];
  for (const line of text.split('\n')) {
    const last = mappings.at(-1);
    if (/^[0-9a-f]+-/.test(line)) mappings.push(parseMapping(line));
    else if (line.startsWith('VmFlags:') && last !== undefined)
      last.flags = line
        .split(/ +/)
        .filter((flag) => OWN_FLAGS.has(flag))
        .join(' ');
  }
  return mappings;
}

/** One per page: does it exist (present or swapped)? */
function existingPages(pagemap: number, mapping: Mapping): boolean[] {
  const count = (mapping.end - mapping.start) / PAGE_SIZE;
  const entries = Buffer.alloc(count * 8);
  const got = readSync(pagemap, entries, 0, entries.length, (mapping.start / PAGE_SIZE) * 8);
  const exists: boolean[] = [];
  for (let at = 0; at < got; at += 8) exists.push((entries[at + 7] ?? 0) >= 0x40);
  return exists;
}

function pagesToRead(pagemap: number, mapping: Mapping): boolean[] {
  if (mapping.inode === 0 && mapping.path !== '[vdso]') return existingPages(pagemap, mapping);
  return new Array<boolean>((mapping.end - mapping.start) / PAGE_SIZE).fill(true);
}

class PageCollector {
  readonly addresses: number[] = [];
  readonly chunks: Buffer[] = [];
  readonly unreadable: number[] = [];
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Reads `count` pages at once; page by page where something in them cannot be read. */
  read(start: number, count: number): void {
    const chunk = Buffer.allocUnsafe(count * PAGE_SIZE);
    if (this.#tryRead(chunk, start)) {
      for (let i = 0; i < count; i++) this.addresses.push(start + i * PAGE_SIZE);
      this.chunks.push(chunk);
    } else if (count === 1) {
      this.unreadable.push(start);
    } else {
      for (let i = 0; i < count; i++) this.read(start + i * PAGE_SIZE, 1);
    }
  }

  #tryRead(chunk: Buffer, start: number): boolean {
    try {
      return readSync(this.#descriptor, chunk, 0, chunk.length, start) === chunk.length;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EIO') return false;
      throw error;
    }
  }
}

export function readMemory(pid: number, mappings: Mapping[]): Memory {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r');
  try {
    const pages = new PageCollector(memory);
    for (const mapping of mappings) {
      if (!mapping.permissions.endsWith('p') || /^\[v(var|syscall)/.test(mapping.path)) continue;
      const wanted = pagesToRead(pagemap, mapping);
      for (let first = 0; first < wanted.length; first++) {
        if (wanted[first] !== true) continue;
        let next = first + 1;
        while (wanted[next] === true && next - first < 1024) next++;
        pages.read(mapping.start + first * PAGE_SIZE, next - first);
        first = next - 1;
      }
    }
    const { addresses, unreadable } = pages;
    return { addresses, bytes: Buffer.concat(pages.chunks), unreadable };
  } finally {
    closeSync(memory);
    closeSync(pagemap);
  }
}

export function readMemoryAt(pid: number, address: number, size: number): Buffer {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    const bytes = Buffer.alloc(size);
    readSync(memory, bytes, 0, size, address);
    return bytes;
  } finally {
    closeSync(memory);
  }
}

function readThread(pid: number, tid: number): Thread {
  const base = `/proc/${pid}/task/${tid}`;
  const status = readFileSync(`${base}/status`, 'utf8');
  return {
    tid,
    name: readFileSync(`${base}/comm`, 'utf8').trimEnd(),
    state: /^State:\t(.)/m.exec(status)?.[1] ?? '?',
    signals: (status.match(/^(Sig(Pnd|Blk|Ign|Cgt)|ShdPnd):\t\w+$/gm) ?? [])
      .join(' ')
      .replaceAll('\t', ''),
    call: readFileSync(`${base}/syscall`, 'utf8').trimEnd(),
  };
}

/** @throws when the process is gone; a thread that goes away meanwhile is left out. */
export function readThreads(pid: number): Thread[] {
  const threads: Thread[] = [];
  for (const tid of readdirSync(`/proc/${pid}/task`).map(Number)) {
    try {
      threads.push(readThread(pid, tid));
    } catch (error) {
      if (!/^(ENOENT|ESRCH)/.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return threads.sort((a, b) => a.tid - b.tid);
}

/** `fd -> path`, and for what has a position its position and flags. */
function readFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map(Number)
    .sort((a, b) => a - b)
    .map((fd) => {
      const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
      const position = /^pos:\t(\d+)\nflags:\t(\d+)/.exec(info);
      const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return `${fd} -> ${path} at ${position?.[1] ?? '?'} flags ${position?.[2] ?? '?'}`;
    });
}

/** @param looker looks at all that the kernel knows; else at files alone */
export function takeSnapshot(pid: number, attributes = false, looker?: Looker): Snapshot {
  const mappings = attributes ? readMappingsWithFlags(pid) : readMappings(pid);
  const memory = readMemory(pid, mappings);
  const threads = readThreads(pid);
  if (looker === undefined) return { mappings, memory, threads, files: readFiles(pid) };
  const state = [...readKernelState(pid, looker), ...readSharedContents(pid, mappings)];
  return { mappings, memory, threads, files: [], state };
}
