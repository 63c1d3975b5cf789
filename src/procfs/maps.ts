/**
 * /proc/PID/maps: one line a mapping.
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
  /** The file, a name in brackets, or the empty string. */
  readonly path: string;
}

const RANGE = '([0-9a-f]+)-([0-9a-f]+)';
const FILE_PART = '([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\\d+)';
const LINE = new RegExp(`^${RANGE} ([r-])([w-])([x-])([ps]) ${FILE_PART} *(.*)$`);

export function parseMapsLine(line: string): Mapping | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, start = '', end = '', r, w, x, sharing, offset = '', device = '', inode, path] = match;
  return {
    start: Number.parseInt(start, 16),
    end: Number.parseInt(end, 16),
    readable: r === 'r',
    writable: w === 'w',
    executable: x === 'x',
    shared: sharing === 's',
    offset: Number.parseInt(offset, 16),
    device,
    inode: Number(inode),
    path: unescapePath(path ?? ''),
  };
}

/** The kernel writes a newline in a file's name as \012. */
function unescapePath(path: string): string {
  return path.replaceAll('\\012', '\n');
}

export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of text.split('\n')) {
    const mapping = parseMapsLine(line);
    if (mapping !== undefined) mappings.push(mapping);
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

/** A private mapping whose pages start as zeros. */
export function isAnonymous(mapping: Mapping): boolean {
  return !mapping.shared && mapping.inode === 0 && !isKernelMapping(mapping);
}
