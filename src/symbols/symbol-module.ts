/**
 * What is known of one ELF file and its separate debugging file: where its functions and lines are.
 *
 * The indexes are made when first asked for. The line sections are read anew at each look-up: they
 * are large, and falls are rare; a program in a crash loop is served from the kept results.
 */
import { findDebugFile } from './debug-file.ts';
import { buildLineIndex, findSourceLine, readLineSections } from './dwarf-line.ts';
import { findFunction, readSymbolIndex, type SymbolTableType } from './elf-symbols.ts';
import { type Elf, findSection, getLinkAddress, readElf, SHT_DYNSYM, SHT_SYMTAB } from './elf.ts';
import { type FileBytes, withFile } from './file-bytes.ts';
import { LruMap } from './lru-map.ts';
import { getReadableName } from './rust-symbol.ts';

/** Chosen: a program in a crash loop falls at few places. */
const MAX_RESULT_COUNT = 256;

export interface ModulePlace {
  /** As linked: what `addr2line` takes. */
  readonly moduleOffset: bigint;
  readonly function?: string;
  /** From the function's first byte. */
  readonly offset?: number;
  readonly file?: string;
  readonly line?: number;
}

export interface SymbolModule {
  /**
   * @param file - the open file this was made of.
   * @returns undefined when the file is no ELF file or loads nothing from that offset.
   */
  findPlace(file: FileBytes, fileOffset: number): ModulePlace | undefined;
}

/** An ELF file that is open for the time of one look-up. */
interface OpenElf {
  readonly file: FileBytes;
  readonly elf: Elf;
}

/** A look-up by address; `from` opens the file it was made of. */
type Finder<Found> = (from: OpenElf, address: number) => Found | undefined;

/**
 * @param path - where `file` was opened; its debugging file is looked for beside it.
 * @param debugRoot - where separate debugging files are.
 */
export function createSymbolModule(file: FileBytes, path: string, debugRoot: string): SymbolModule {
  const elf = readElf(file);
  if (elf === undefined) return { findPlace: () => undefined };
  const debugPath = hasOwnSymbols(elf) ? undefined : findDebugFile(path, file, elf, debugRoot);
  const results = new LruMap<bigint, ModulePlace>(MAX_RESULT_COUNT);
  let findSymbol: Finder<ReturnType<typeof findFunction>> | undefined;
  let findLine: Finder<ReturnType<typeof findSourceLine>> | undefined;
  return {
    findPlace(file, fileOffset) {
      const moduleOffset = getLinkAddress(elf, fileOffset);
      if (moduleOffset === undefined) return undefined;
      const address = Number(moduleOffset);
      // No linker goes that far: symbols and lines are searched where numbers are exact.
      if (!Number.isSafeInteger(address)) return { moduleOffset };
      const own = { file, elf };
      return results.getOrMake(moduleOffset, () => {
        findSymbol ??= createSymbolFinder(own, debugPath);
        findLine ??= createLineFinder(own, debugPath);
        const symbol = findSymbol(own, address);
        return {
          moduleOffset,
          ...(symbol && {
            function: getReadableName(symbol.name),
            offset: address - symbol.address,
          }),
          ...findLine(own, address),
        };
      });
    },
  };
}

function hasOwnSymbols(elf: Elf): boolean {
  return elf.sections.some(({ type }) => type === SHT_SYMTAB) && hasLines(elf);
}

function hasLines(elf: Elf): boolean {
  return ['.debug_line', '.zdebug_line'].some((name) => findSection(elf, name) !== undefined);
}

/** The full table of the file or of its debugging file, or else the dynamic linker's. */
function createSymbolFinder(own: OpenElf, debugPath: string | undefined) {
  const make = (type: SymbolTableType) => (from: OpenElf) => {
    const index = readSymbolIndex(from.file, from.elf, type);
    return index && (({ file }: OpenElf, address: number) => findFunction(file, index, address));
  };
  return (
    make(SHT_SYMTAB)(own) ??
    withDebugElf(debugPath, make(SHT_SYMTAB)) ??
    make(SHT_DYNSYM)(own) ??
    (() => undefined)
  );
}

function createLineFinder(own: OpenElf, debugPath: string | undefined) {
  const make = (from: OpenElf) => {
    const sections = readLineSections(from.file, from.elf);
    if (sections === undefined) return undefined;
    const index = buildLineIndex(sections);
    return ({ file, elf }: OpenElf, address: number) => {
      const sections = readLineSections(file, elf);
      return sections && findSourceLine(sections, index, address);
    };
  };
  return make(own) ?? withDebugElf(debugPath, make) ?? (() => undefined);
}

/** Makes a finder of the debugging file, which opens that file anew for each look-up. */
function withDebugElf<Found>(
  path: string | undefined,
  make: (from: OpenElf) => Finder<Found> | undefined,
): Finder<Found> | undefined {
  if (path === undefined) return undefined;
  const opened = withElf(path, (from) => {
    const finder = make(from);
    return finder && { finder, identity: from.file.identity };
  });
  if (opened === undefined) return undefined;
  return (_own, address) =>
    withElf(path, (from) =>
      from.file.identity === opened.identity ? opened.finder(from, address) : undefined,
    );
}

function withElf<Result>(
  path: string,
  use: (from: OpenElf) => Result | undefined,
): Result | undefined {
  return withFile(path, (file) => {
    const elf = readElf(file);
    return elf === undefined ? undefined : use({ file, elf });
  });
}
