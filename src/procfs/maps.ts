/**
 * /proc/PID/maps: one line a mapping. Its names are bytes, not text: they can hold control
 * characters, spaces, what is not valid UTF-8, and a `(deleted)` that somebody wrote.
 *
 * Source: proc_pid_maps(5).
 */

/** Addresses in bytes, `end` exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A line of /proc/PID/maps. Addresses are bytes, `end` is exclusive. */
export interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  readonly shared: boolean;
  /** Bytes into the file. */
  readonly offset: number;
  /** `major:minor` as the kernel prints it. */
  readonly device: string;
  readonly inode: number;
  /** The file, a name in brackets, or the empty string. One character a byte. */
  readonly path: string;
}

const SHARED_MEMORY = [
  '/dev/zero (deleted)',
  '[anon_shmem:',
  '/memfd:',
  '/dev/shm/',
  '/anon_hugepage (deleted)',
];
const SPACE = 0x20;
/** Permissions, and the space after them. */
const PERMISSIONS_SIZE = 5;

/**
 * One line, without its end. A name is whatever bytes follow the fields: it may hold any but the
 * newline, which the kernel writes as \012. Undefined: it is no line of maps.
 *
 * @param line one character a byte (latin1), so that a path goes back to the kernel as it came
 */
export function parseMapsLine(line: string): Mapping | undefined {
  const dash = line.indexOf('-');
  const permissions = line.indexOf(' ') + 1;
  const offset = permissions + PERMISSIONS_SIZE;
  const device = line.indexOf(' ', offset) + 1;
  const inode = line.indexOf(' ', device) + 1;
  if (dash < 1 || permissions < dash || device === 0 || inode === 0) return undefined;
  const end = line.indexOf(' ', inode);
  const mapping = {
    start: Number.parseInt(line.slice(0, dash), 16),
    end: Number.parseInt(line.slice(dash + 1, permissions - 1), 16),
    readable: line[permissions] === 'r',
    writable: line[permissions + 1] === 'w',
    executable: line[permissions + 2] === 'x',
    shared: line[permissions + 3] === 's',
    offset: Number.parseInt(line.slice(offset, device - 1), 16),
    device: line.slice(device, inode - 1),
    inode: Number(line.slice(inode, end < 0 ? undefined : end)),
    path: end < 0 ? '' : unescapePath(line.slice(skipSpaces(line, end))),
  };
  return isLine(mapping, line.slice(permissions, offset)) ? mapping : undefined;
}

function isLine(mapping: Mapping, permissions: string): boolean {
  const { start, end, offset, inode, device } = mapping;
  return (
    Number.isInteger(start + end + offset + inode) &&
    /^[r-][w-][x-][ps] $/.test(permissions) &&
    device.includes(':')
  );
}

/** A name begins with `/` or `[`, or is that of a driver: never with a space, which is padding. */
function skipSpaces(line: string, from: number): number {
  let index = from;
  while (line.charCodeAt(index) === SPACE) index += 1;
  return index;
}

/** The kernel writes a newline in a file's name as \012. */
function unescapePath(path: string): string {
  return path.includes('\\') ? path.replaceAll('\\012', '\n') : path;
}

/** @param text one character a byte (latin1) */
export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const mapping = parseMapsLine(text.slice(start, end));
    if (mapping !== undefined) mappings.push(mapping);
    start = end + 1;
  }
  return mappings;
}

/** The mapping that holds `address`, by binary search. */
export function findMapping(mappings: readonly Mapping[], address: number): Mapping | undefined {
  let low = 0;
  let high = mappings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const mapping = mappings[middle];
    if (mapping === undefined) return undefined;
    if (address < mapping.start) high = middle;
    else if (address >= mapping.end) low = middle + 1;
    else return mapping;
  }
  return undefined;
}

/** A mapping that the kernel made and that no call can make again: vdso, vvar, vsyscall. */
export function isKernelMapping(mapping: Mapping): boolean {
  return /^\[(vdso|vvar|vvar_vclock|vsyscall|uprobes|sigpage)\]$/.test(mapping.path);
}

/** It shows an object of the kernel's, mostly a file. A System V segment's number can be 0. */
export function hasObject({ shared, inode }: Mapping): boolean {
  return shared || inode !== 0;
}

/** A private mapping whose pages start as zeros. */
export function isAnonymous(mapping: Mapping): boolean {
  return !hasObject(mapping) && !isKernelMapping(mapping);
}

/** An attached System V segment, shmat(2): its inode is its id. */
export function isSegment({ shared, path, device }: Mapping): boolean {
  return shared && device.startsWith('00:') && /^\/SYSV[0-9a-f]{8} \(deleted\)$/.test(path);
}

/**
 * It shows memory that can be shared: anonymous (which may have a name of its own), a memfd, a
 * System V segment, or POSIX shared memory. Some of it may be huge pages, which maps does not say.
 */
export function isSharedMemory(mapping: Mapping): boolean {
  const { shared, path } = mapping;
  return shared && (isSegment(mapping) || SHARED_MEMORY.some((name) => path.startsWith(name)));
}
