/**
 * Parses the header of one unit of `.debug_line`: the parameters of its line program, and the
 * tables of directories and files.
 *
 * Source: DWARF 2 section 6.2.4, DWARF 3, DWARF 4, and DWARF 5 section 6.2.4 with 7.5.6 (forms).
 */
import { ByteCursor, MAX_STRING_BYTES } from './byte-cursor.ts';

const DW_LNCT_PATH = 1;
const DW_LNCT_DIRECTORY_INDEX = 2;
const DWARF64_ESCAPE = 0xffffffff;
/** Chosen: the tables of files of one unit have some hundreds; their names are kept at once. */
const MAX_ENTRY_COUNT = 10_000;
/** Lengths from here up to the escape are reserved. */
const RESERVED_LENGTH = 0xfffffff0;

/** The sections a line table is spread over; the strings are DWARF 5's. */
export interface LineSections {
  readonly line: Buffer;
  readonly lineStrings: Buffer;
  readonly strings: Buffer;
}

export interface LineFile {
  readonly name: string;
  readonly directoryIndex: number;
}

export interface LineUnit {
  readonly version: number;
  /** Where in `.debug_line` the opcodes begin, and where the unit ends. */
  readonly programStart: number;
  readonly end: number;
  readonly minInstructionBytes: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** How many operands the standard opcode n takes: at index n. */
  readonly operandCounts: readonly number[];
  readonly directories: readonly string[];
  readonly files: readonly LineFile[];
}

/** Where a unit ends, and its header: undefined when it is damaged or of an unknown version. */
export interface LineUnitSlot {
  readonly end: number;
  readonly unit: LineUnit | undefined;
}

/** Parses the unit at `start`; undefined when not even its length makes sense. */
export function parseLineUnit(sections: LineSections, start: number): LineUnitSlot | undefined {
  const outer = new ByteCursor(sections.line, start);
  const shortLength = outer.u32();
  const is64Bit = shortLength === DWARF64_ESCAPE;
  if (!is64Bit && shortLength >= RESERVED_LENGTH) return undefined;
  const lengthBytes = is64Bit ? outer.u64() : shortLength;
  const end = outer.position + lengthBytes;
  if (!outer.ok || end > sections.line.length) return undefined;
  const cursor = new ByteCursor(sections.line, outer.position, end);
  return { end, unit: parseHeader(sections, cursor, is64Bit) };
}

function parseHeader(
  sections: LineSections,
  cursor: ByteCursor,
  is64Bit: boolean,
): LineUnit | undefined {
  const version = cursor.u16();
  if (version < 2 || version > 5) return undefined;
  if (version === 5) cursor.skip(2); // address_size, segment_selector_size
  const headerBytes = cursor.offset(is64Bit);
  const programStart = cursor.position + headerBytes;
  const minInstructionBytes = cursor.u8();
  if (version >= 4) cursor.skip(1); // maximum_operations_per_instruction: 1 but on VLIW machines
  cursor.skip(1); // default_is_stmt
  const lineBase = (cursor.u8() << 24) >> 24;
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  const operandCounts = [0];
  for (let opcode = 1; opcode < opcodeBase; opcode++) operandCounts.push(cursor.u8());
  const tables =
    version === 5 ? parseTables5(sections, cursor, is64Bit) : parseTables2(cursor, programStart);
  if (!cursor.ok || tables === undefined) return undefined;
  if (lineRange === 0 || opcodeBase === 0 || programStart > cursor.end) return undefined;
  return {
    version,
    programStart,
    end: cursor.end,
    minInstructionBytes,
    lineBase,
    lineRange,
    opcodeBase,
    operandCounts,
    ...tables,
  };
}

type Tables = Pick<LineUnit, 'directories' | 'files'>;

/** Versions 2 to 4: directory 0 is the compilation directory, which is not in this section. */
function parseTables2(cursor: ByteCursor, programStart: number): Tables | undefined {
  const directories = [''];
  while (cursor.ok && cursor.position < programStart) {
    const directory = cursor.string();
    if (directory === '') break;
    directories.push(directory);
  }
  const files: LineFile[] = [{ name: '', directoryIndex: 0 }];
  while (cursor.ok && cursor.position < programStart) {
    const file = parseFile2(cursor);
    if (file.name === '') break;
    files.push(file);
  }
  return { directories, files };
}

/** One file of versions 2 to 4; the empty name ends their list. */
export function parseFile2(cursor: ByteCursor): LineFile {
  const name = cursor.string();
  if (name === '') return { name, directoryIndex: 0 };
  const directoryIndex = cursor.uleb128();
  cursor.uleb128(); // time of modification
  cursor.uleb128(); // size
  return { name, directoryIndex };
}

function parseTables5(
  sections: LineSections,
  cursor: ByteCursor,
  is64Bit: boolean,
): Tables | undefined {
  const directories = parseEntries5(sections, cursor, is64Bit);
  const files = directories && parseEntries5(sections, cursor, is64Bit);
  return files && { directories: directories.map(({ name }) => name), files };
}

/** A table that describes its own fields: pairs of content and form, then the entries. */
function parseEntries5(
  sections: LineSections,
  cursor: ByteCursor,
  is64Bit: boolean,
): LineFile[] | undefined {
  const fieldCount = cursor.u8();
  const fields: { content: number; form: number }[] = [];
  for (let index = 0; index < fieldCount; index++) {
    fields.push({ content: cursor.uleb128(), form: cursor.uleb128() });
  }
  const entryCount = cursor.uleb128();
  // Each field takes a byte at least, so a false count runs into the unit's end and stops there.
  if (fieldCount === 0 && entryCount > 0) return undefined;
  if (entryCount > MAX_ENTRY_COUNT) return undefined;
  const entries: LineFile[] = [];
  for (let index = 0; index < entryCount && cursor.ok; index++) {
    let name = '';
    let directoryIndex = 0;
    for (const { content, form } of fields) {
      const value = readForm(sections, cursor, is64Bit, form);
      if (value === undefined) return undefined;
      if (content === DW_LNCT_PATH) name = String(value);
      if (content === DW_LNCT_DIRECTORY_INDEX) directoryIndex = Number(value);
    }
    entries.push({ name, directoryIndex });
  }
  return cursor.ok ? entries : undefined;
}

/** Looks no further than a path is long: thousands of entries can name one string of megabytes. */
function readStringAt(strings: Buffer, offset: number): string {
  const bytes = strings.subarray(offset, offset + MAX_STRING_BYTES);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** The value of one field: '' for those that are only skipped, undefined for an unknown form. */
function readForm(
  sections: LineSections,
  cursor: ByteCursor,
  is64Bit: boolean,
  form: number,
): string | number | undefined {
  switch (form) {
    case 0x08: // DW_FORM_string
      return cursor.string();
    case 0x1f: // DW_FORM_line_strp
      return readStringAt(sections.lineStrings, cursor.offset(is64Bit));
    case 0x0e: // DW_FORM_strp
      return readStringAt(sections.strings, cursor.offset(is64Bit));
    case 0x0b: // DW_FORM_data1
      return cursor.u8();
    case 0x05: // DW_FORM_data2
      return cursor.u16();
    case 0x06: // DW_FORM_data4
      return cursor.u32();
    case 0x07: // DW_FORM_data8
      return cursor.u64();
    case 0x0f: // DW_FORM_udata
      return cursor.uleb128();
    case 0x1e: // DW_FORM_data16: the MD5 of the file
      cursor.skip(16);
      return '';
    case 0x09: // DW_FORM_block
      cursor.skip(cursor.uleb128());
      return '';
    default:
      return undefined;
  }
}
