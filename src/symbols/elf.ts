/**
 * Reads the headers of a 64-bit little-endian ELF file: segments and sections.
 *
 * Nothing here throws: a file that is not such an ELF file, or is damaged, gives undefined or an
 * empty list. All counts come from 16-bit fields or are limited below.
 *
 * Source: elf(5); System V gABI, chapters 4 and 5.
 */
import { ByteCursor } from './byte-cursor.ts';
import type { FileBytes } from './file-bytes.ts';

export const PT_LOAD = 1;
export const PT_NOTE = 4;
export const PF_X = 1;
export const SHT_SYMTAB = 2;
export const SHT_NOBITS = 8;
export const SHT_DYNSYM = 11;
export const SHF_EXECINSTR = 0x4;
export const SHF_COMPRESSED = 0x800;

const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const SECTION_HEADER_BYTES = 64;
/** The four magic bytes, ELFCLASS64, ELFDATA2LSB. */
const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
/** Chosen: the 16-bit field's own limit; linked files have some 40 sections. */
const MAX_SECTION_COUNT = 0xffff;
/** Chosen: names of all sections together are below 1 KB in linked files. */
const MAX_SECTION_NAMES_BYTES = 4 * 1024 * 1024;

export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: bigint;
  readonly fileSizeBytes: number;
}

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly sizeBytes: number;
  /** The index of a related section: a symbol table's string table. */
  readonly link: number;
}

export interface Elf {
  readonly programHeaders: readonly ProgramHeader[];
  readonly sections: readonly Section[];
}

/** Parses the headers of `file`; undefined when it is not a 64-bit little-endian ELF file. */
export function readElf(file: FileBytes): Elf | undefined {
  const header = file.read(0, ELF_HEADER_BYTES);
  if (!header?.subarray(0, ELF_MAGIC.length).equals(ELF_MAGIC)) {
    return undefined;
  }
  const cursor = new ByteCursor(header, 32);
  const programHeaderOffset = cursor.u64();
  const sectionHeaderOffset = cursor.u64();
  cursor.skip(8);
  const programHeaderCount = cursor.u16();
  cursor.skip(2);
  const sectionCount = cursor.u16();
  const namesIndex = cursor.u16();
  return {
    programHeaders: readProgramHeaders(file, programHeaderOffset, programHeaderCount),
    sections: readSections(file, sectionHeaderOffset, sectionCount, namesIndex),
  };
}

function readProgramHeaders(file: FileBytes, offset: number, count: number): ProgramHeader[] {
  const bytes = file.read(offset, count * PROGRAM_HEADER_BYTES);
  if (bytes === undefined) return [];
  const cursor = new ByteCursor(bytes);
  return Array.from({ length: count }, () => {
    const type = cursor.u32();
    const flags = cursor.u32();
    const offset = cursor.u64();
    const address = cursor.exactU64();
    cursor.skip(8);
    const fileSizeBytes = cursor.u64();
    cursor.skip(16);
    return { type, flags, offset, address, fileSizeBytes };
  });
}

interface RawSection extends Omit<Section, 'name'> {
  readonly nameOffset: number;
}

function readSections(
  file: FileBytes,
  tableOffset: number,
  count: number,
  namesIndex: number,
): Section[] {
  if (count > MAX_SECTION_COUNT) return [];
  const bytes = file.read(tableOffset, count * SECTION_HEADER_BYTES);
  if (bytes === undefined) return [];
  const cursor = new ByteCursor(bytes);
  const sections = Array.from({ length: count }, () => parseSection(cursor));
  const namesSection = sections[namesIndex];
  const names = namesSection === undefined ? undefined : readNames(file, namesSection);
  return sections.map(({ nameOffset, ...section }) => ({
    ...section,
    name: names === undefined ? '' : new ByteCursor(names, nameOffset).string(),
  }));
}

function parseSection(cursor: ByteCursor): RawSection {
  const nameOffset = cursor.u32();
  const type = cursor.u32();
  const flags = cursor.u64() % 2 ** 32;
  const address = cursor.u64();
  const offset = cursor.u64();
  const sizeBytes = cursor.u64();
  const link = cursor.u32();
  cursor.skip(20);
  return { nameOffset, type, flags, address, offset, sizeBytes, link };
}

function readNames(file: FileBytes, section: RawSection): Buffer | undefined {
  if (section.sizeBytes > MAX_SECTION_NAMES_BYTES) return undefined;
  return file.read(section.offset, section.sizeBytes);
}

/**
 * Where the linker placed the byte at `offset` of the file: what `addr2line` and `nm` call its
 * address. Undefined when no segment loads it.
 *
 * One page of a file can be loaded twice, by the end of one segment and the start of the next; the
 * segment that really has the byte is taken, executable ones first.
 */
export function getLinkAddress(elf: Elf, offset: number): bigint | undefined {
  const loading = elf.programHeaders.filter(
    (header) =>
      header.type === PT_LOAD &&
      offset >= header.offset &&
      offset < header.offset + header.fileSizeBytes,
  );
  const header = loading.find(({ flags }) => (flags & PF_X) !== 0) ?? loading[0];
  if (header === undefined) return undefined;
  return BigInt.asUintN(64, BigInt(offset - header.offset) + header.address);
}

/** The first section of that name which has content in the file. */
export function findSection(elf: Elf, name: string): Section | undefined {
  return elf.sections.find((section) => section.name === name && section.type !== SHT_NOBITS);
}
