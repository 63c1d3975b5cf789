/**
 * Names the code at an address of a process: function and offset, source file and line, as far as
 * the mapped files and their separate debugging files tell.
 *
 * All I/O is synchronous: meant for a worker thread or a command. No file stays open. What is
 * learnt of a file is kept under its identity (device, inode, time of change, size), within limits.
 */
import { type FileBytes, withFile } from './file-bytes.ts';
import { LruMap } from './lru-map.ts';
import { createSymbolModule, type ModulePlace, type SymbolModule } from './symbol-module.ts';

/** Chosen: a program with its libraries; the indexes of node itself take some 10 MB. */
const MAX_MODULE_COUNT = 32;
const DELETED = ' (deleted)';

/** What is needed of a line of /proc/PID/maps; addresses are below 2^47. */
export interface SymbolMapping {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Of the file, where the mapping begins. */
  readonly offset: number;
  /** One character a byte (latin1). Empty for anonymous memory. */
  readonly path: string;
  readonly inode?: number | bigint;
}

export interface SymbolizeRequest {
  readonly maps: readonly SymbolMapping[];
  readonly address: number;
  /** The process, if it is still there: its root folder and its deleted files are then seen. */
  readonly pid?: number;
}

export interface SymbolizedAddress extends ModulePlace {
  /** As in /proc/PID/maps: a file, `[vdso]`, `[stack]` and so on; one character a byte. */
  readonly path: string;
  /** What `addr2line -e path` takes; for what is no ELF file, the offset in `path`. */
  readonly moduleOffset: bigint;
}

export interface Symbolizer {
  /** Undefined when nothing with a name is mapped at the address, as with JIT-compiled code. */
  symbolize(request: SymbolizeRequest): SymbolizedAddress | undefined;
}

export interface SymbolizerOptions {
  /** Where separate debugging files are: /usr/lib/debug. */
  readonly debugRoot?: string;
}

/**
 * Makes a symbolizer with its own cache.
 *
 * @example
 * const symbolizer = createSymbolizer();
 * const place = symbolizer.symbolize({ maps: parseMaps(text), address: fault.ip });
 * if (place !== undefined) console.log(formatSymbolizedAddress(place));
 */
export function createSymbolizer(options: SymbolizerOptions = {}): Symbolizer {
  const debugRoot = options.debugRoot ?? '/usr/lib/debug';
  const modules = new LruMap<string, SymbolModule>(MAX_MODULE_COUNT);
  return {
    symbolize({ maps, address, pid }) {
      const mapping = maps.find(({ start, end }) => address >= start && address < end);
      if (mapping === undefined || mapping.path === '') return undefined;
      const fileOffset = address - mapping.start + mapping.offset;
      const place = withMappedFile(mapping, pid, (file, path) =>
        modules
          .getOrMake(file.identity, () => createSymbolModule(file, path, debugRoot))
          .findPlace(file, fileOffset),
      );
      return { path: mapping.path, moduleOffset: BigInt(fileOffset), ...place };
    },
  };
}

/** One line for people: `main+0x1c (demo.c:12)`, or `/usr/bin/demo+0x1139` without symbols. */
export function formatSymbolizedAddress(place: SymbolizedAddress): string {
  const name =
    place.function === undefined
      ? `${place.path}+0x${place.moduleOffset.toString(16)}`
      : `${place.function}+0x${(place.offset ?? 0).toString(16)}`;
  if (place.file === undefined) return name;
  return `${name} (${place.file}${place.line === undefined ? '' : `:${place.line}`})`;
}

/** Opens the file of a mapping, if it still is the file that was mapped. */
function withMappedFile<Result>(
  mapping: SymbolMapping,
  pid: number | undefined,
  use: (file: FileBytes, path: string) => Result | undefined,
): Result | undefined {
  for (const path of getOpenPaths(mapping, pid)) {
    const result = withFile(path, (file) => {
      const { inode } = mapping;
      const isReplaced = inode !== undefined && BigInt(inode) !== file.inode;
      return isReplaced ? undefined : use(file, path);
    });
    if (result !== undefined) return result;
  }
  return undefined;
}

/** As the process sees the path, then as we do: the process may be gone, or in a container. */
function getOpenPaths({ path, start, end }: SymbolMapping, pid: number | undefined): string[] {
  if (!path.startsWith('/')) return [];
  const range = `${start.toString(16)}-${end.toString(16)}`;
  if (path.endsWith(DELETED)) return pid === undefined ? [] : [`/proc/${pid}/map_files/${range}`];
  return pid === undefined ? [path] : [`/proc/${pid}/root${path}`, path];
}
