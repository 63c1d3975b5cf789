/**
 * An index of the functions that an ELF file's symbol table names, searchable by address.
 *
 * The table of a large program has hundreds of thousands of entries and tens of megabytes of names,
 * so the index holds three numbers per function and reads a name only when it is asked for.
 */
import type { SHT_DYNSYM, SHT_SYMTAB } from './elf.ts';
import { type Elf, type Section, SHF_EXECINSTR, SHT_NOBITS } from './elf.ts';
import type { FileBytes } from './file-bytes.ts';

const SYMBOL_BYTES = 24;
const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const STB_LOCAL = 0;
const STB_WEAK = 2;
/** Chosen: C++ names reach some kilobytes; a longer one is cut. */
const MAX_NAME_BYTES = 4096;
/** Chosen: more aliases of one address are not compared. */
const MAX_ALIAS_COUNT = 64;
/** Chosen: how many functions that begin before an address are looked at for one around it. */
const MAX_WALK_COUNT = 10_000;

/** SHT_SYMTAB or SHT_DYNSYM. */
export type SymbolTableType = typeof SHT_SYMTAB | typeof SHT_DYNSYM;

export interface FunctionSymbol {
  readonly name: string;
  readonly address: number;
}

/** Sorted by `starts`; entry i is a function of [starts[i], ends[i]). */
export interface SymbolIndex {
  readonly count: number;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** The highest end of this entry and all before it: where a search backwards may stop. */
  readonly highestEnds: Float64Array;
  readonly nameOffsets: Uint32Array;
  /** 0 is best: symbols with a size before those without, then global, weak, local. */
  readonly ranks: Uint8Array;
  readonly names: Section;
}

const UNSIZED_RANK = 4;

/**
 * Indexes the functions of one of the two symbol tables.
 *
 * @returns undefined when the file does not have the table, or no function is in it.
 */
export function readSymbolIndex(
  file: FileBytes,
  elf: Elf,
  type: SymbolTableType,
): SymbolIndex | undefined {
  const table = elf.sections.find((section) => section.type === type);
  const names = table === undefined ? undefined : elf.sections[table.link];
  if (table === undefined || names === undefined || names.type === SHT_NOBITS) return undefined;
  const bytes = file.read(table.offset, table.sizeBytes);
  if (bytes === undefined) return undefined;
  const positions = findFunctions(bytes, elf.sections);
  return positions.length === 0 ? undefined : buildIndex(bytes, positions, elf.sections, names);
}

/** Where in the table the functions are, sorted by address and then rank. */
function findFunctions(bytes: Buffer, sections: readonly Section[]): Uint32Array {
  const positions = new Uint32Array(Math.floor(bytes.length / SYMBOL_BYTES));
  let count = 0;
  for (let at = 0; at + SYMBOL_BYTES <= bytes.length; at += SYMBOL_BYTES) {
    const type = bytes.readUInt8(at + 4) & 0xf;
    if (type !== STT_FUNC && type !== STT_GNU_IFUNC && type !== STT_NOTYPE) continue;
    // Undefined and absolute symbols, and those of more than 65,279 sections, have no section.
    const section = sections[bytes.readUInt16LE(at + 6)];
    if (section === undefined || (section.flags & SHF_EXECINSTR) === 0) continue;
    if (bytes.readUInt32LE(at) !== 0) positions[count++] = at;
  }
  return positions
    .slice(0, count)
    .sort(
      (a, b) => readStart(bytes, a) - readStart(bytes, b) || getRank(bytes, a) - getRank(bytes, b),
    );
}

function readStart(bytes: Buffer, at: number): number {
  return readU64(bytes, at + 8);
}

function readSizeBytes(bytes: Buffer, at: number): number {
  return readU64(bytes, at + 16);
}

function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}

function getRank(bytes: Buffer, at: number): number {
  const binding = bytes.readUInt8(at + 4) >> 4;
  const bindingRank = binding === STB_LOCAL ? 2 : binding === STB_WEAK ? 1 : 0;
  return bindingRank + (readSizeBytes(bytes, at) === 0 ? UNSIZED_RANK : 0);
}

function buildIndex(
  bytes: Buffer,
  positions: Uint32Array,
  sections: readonly Section[],
  names: Section,
): SymbolIndex {
  const starts = Float64Array.from(positions, (at) => readStart(bytes, at));
  const ends = getEnds(bytes, positions, starts, sections);
  let highestEnd = 0;
  return {
    count: positions.length,
    starts,
    ends,
    highestEnds: ends.map((end) => (highestEnd = Math.max(highestEnd, end))),
    nameOffsets: Uint32Array.from(positions, (at) => bytes.readUInt32LE(at)),
    ranks: Uint8Array.from(positions, (at) => getRank(bytes, at)),
    names,
  };
}

/** A symbol without a size reaches to the next one, or to the end of its section. */
function getEnds(
  bytes: Buffer,
  positions: Uint32Array,
  starts: Float64Array,
  sections: readonly Section[],
): Float64Array {
  const ends = new Float64Array(positions.length);
  let nextStart = Infinity;
  for (let index = positions.length - 1; index >= 0; index--) {
    const at = positions[index] ?? 0;
    const start = starts[index] ?? 0;
    const following = starts[index + 1] ?? Infinity;
    if (following > start) nextStart = following;
    const sizeBytes = readSizeBytes(bytes, at);
    const section = sections[bytes.readUInt16LE(at + 6)];
    const sectionEnd = section === undefined ? start : section.address + section.sizeBytes;
    ends[index] = sizeBytes > 0 ? start + sizeBytes : Math.min(nextStart, sectionEnd);
  }
  return ends;
}

/**
 * The function around `address`: the one that begins nearest, those with a known size first.
 * Among aliases (`malloc`, `__libc_malloc`): global before weak before local, then the fewest
 * leading underscores, then the shortest, then by alphabet.
 */
export function findFunction(
  file: FileBytes,
  index: SymbolIndex,
  address: number,
): FunctionSymbol | undefined {
  const best = findEntry(index, address);
  if (best === undefined) return undefined;
  const start = index.starts[best] ?? 0;
  const rank = index.ranks[best];
  const candidates: string[] = [];
  const firstOfStart = findLastAtOrBelow(index.starts, start - 1) + 1;
  for (let at = firstOfStart; at < index.count && index.starts[at] === start; at++) {
    if (candidates.length >= MAX_ALIAS_COUNT) break;
    if (index.ranks[at] !== rank || !(address < (index.ends[at] ?? 0))) continue;
    const name = readName(file, index.names, index.nameOffsets[at] ?? 0);
    if (name !== '') candidates.push(name);
  }
  const name = candidates.sort(compareNames)[0];
  return name === undefined ? undefined : { name, address: start };
}

/** The entry of the nearest start whose range has `address`, the best rank among equals. */
function findEntry(index: SymbolIndex, address: number): number | undefined {
  const last = findLastAtOrBelow(index.starts, address);
  let unsized: number | undefined;
  let best: number | undefined;
  const stop = Math.max(0, last - MAX_WALK_COUNT);
  for (let at = last; at >= stop && (index.highestEnds[at] ?? 0) > address; at--) {
    if (best !== undefined && index.starts[at] !== index.starts[best]) break;
    if (!(address < (index.ends[at] ?? 0))) continue;
    if ((index.ranks[at] ?? 0) >= UNSIZED_RANK) unsized ??= at;
    else best = at;
  }
  return best ?? unsized;
}

/** The last index whose value is at most `wanted`; -1 when there is none. */
export function findLastAtOrBelow(sorted: Float64Array, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function compareNames(a: string, b: string): number {
  return (
    countLeadingUnderscores(a) - countLeadingUnderscores(b) ||
    a.length - b.length ||
    (a < b ? -1 : 1)
  );
}

function countLeadingUnderscores(name: string): number {
  return name.length - name.replace(/^_+/, '').length;
}

function readName(file: FileBytes, names: Section, offset: number): string {
  const lengthBytes = Math.min(MAX_NAME_BYTES, names.sizeBytes - offset);
  const bytes = file.read(names.offset + offset, lengthBytes);
  if (bytes === undefined) return '';
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
