/**
 * Finds the source line of an address from the line tables (`.debug_line`) of an ELF file.
 *
 * Only the line tables are read, not the rest of DWARF. The first look-up runs all line programs
 * once and keeps just the address range of each sequence and the unit it is in; then one unit's
 * program is run per look-up. Damaged units are passed over.
 *
 * Source: DWARF 5 section 6.2.5, "The Line Number Program".
 */
import { ByteCursor } from './byte-cursor.ts';
import {
  type LineFile,
  type LineSections,
  type LineUnit,
  parseFile2,
  parseLineUnit,
} from './dwarf-line-header.ts';
import { readDebugSection } from './elf-section.ts';
import type { Elf } from './elf.ts';
import { findLastAtOrBelow } from './elf-symbols.ts';
import type { FileBytes } from './file-bytes.ts';

/** Chosen: line tables overlap only where the linker dropped code; more are not compared. */
const MAX_WALK_COUNT = 10_000;
/** Chosen: twice those of a browser, and below what memory there is for their numbers. */
const MAX_SEQUENCE_COUNT = 2_000_000;

export interface SourceLine {
  /** Absolute with DWARF 5; before, it can be relative to the compilation directory. */
  readonly file: string;
  /** From 1; undefined where the compiler says that no line has made this code. */
  readonly line?: number;
}

/** The sequences of all units, sorted by `starts`. */
export interface LineIndex {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** The highest end of this entry and all before it: where a search backwards may stop. */
  readonly highestEnds: Float64Array;
  /** Where in `.debug_line` the unit of each sequence begins. */
  readonly unitOffsets: Float64Array;
}

/** Reads the line sections of a file; undefined when it has no line table. */
export function readLineSections(file: FileBytes, elf: Elf): LineSections | undefined {
  const line = readDebugSection(file, elf, '.debug_line');
  if (line === undefined) return undefined;
  const lineStrings = readDebugSection(file, elf, '.debug_line_str') ?? Buffer.alloc(0);
  let strings: Buffer | undefined;
  return {
    line,
    lineStrings,
    get strings() {
      // Large, and seldom used by line tables: read when first asked for.
      return (strings ??= readDebugSection(file, elf, '.debug_str') ?? Buffer.alloc(0));
    },
  };
}

/** Runs every line program once, for the address ranges it covers. */
export function buildLineIndex(sections: LineSections): LineIndex {
  const sequences: { start: number; end: number; unitOffset: number }[] = [];
  let unitOffset = 0;
  while (unitOffset < sections.line.length && sequences.length < MAX_SEQUENCE_COUNT) {
    const slot = parseLineUnit(sections, unitOffset);
    if (slot === undefined) break;
    const offset = unitOffset;
    if (slot.unit !== undefined) {
      forEachSequence(sections, slot.unit, (start, end) => {
        if (sequences.length >= MAX_SEQUENCE_COUNT) return;
        sequences.push({ start, end, unitOffset: offset });
      });
    }
    unitOffset = slot.end;
  }
  sequences.sort((a, b) => a.start - b.start);
  const ends = Float64Array.from(sequences, ({ end }) => end);
  let highestEnd = 0;
  return {
    starts: Float64Array.from(sequences, ({ start }) => start),
    ends,
    highestEnds: ends.map((end) => (highestEnd = Math.max(highestEnd, end))),
    unitOffsets: Float64Array.from(sequences, ({ unitOffset }) => unitOffset),
  };
}

function forEachSequence(
  sections: LineSections,
  unit: LineUnit,
  visit: (start: number, end: number) => void,
): void {
  let start = -1;
  runLineProgram(sections, unit, [...unit.files], (row) => {
    if (start < 0) start = row.address;
    if (!row.endsSequence) return;
    // Functions that the linker dropped are left at 0, where an ELF file has its header.
    if (start > 0 && row.address > start) visit(start, row.address);
    start = -1;
  });
}

/** The source line of `address` (as linked); undefined when no table covers it. */
export function findSourceLine(
  sections: LineSections,
  index: LineIndex,
  address: number,
): SourceLine | undefined {
  const last = findLastAtOrBelow(index.starts, address);
  const stop = Math.max(0, last - MAX_WALK_COUNT);
  for (let at = last; at >= stop && (index.highestEnds[at] ?? 0) > address; at--) {
    if (!(address < (index.ends[at] ?? 0))) continue;
    const slot = parseLineUnit(sections, index.unitOffsets[at] ?? 0);
    if (slot?.unit === undefined) return undefined;
    return findInUnit(sections, slot.unit, index.starts[at] ?? 0, address);
  }
  return undefined;
}

/** The last row at or before `address`, in the sequence that begins at `start`. */
function findInUnit(
  sections: LineSections,
  unit: LineUnit,
  start: number,
  address: number,
): SourceLine | undefined {
  const files = [...unit.files];
  let found: { fileIndex: number; line: number } | undefined;
  let isFirst = true;
  let isWanted = false;
  let nearest = -1;
  runLineProgram(sections, unit, files, (row) => {
    if (isFirst) isWanted = row.address === start;
    isFirst = row.endsSequence;
    if (!isWanted || row.endsSequence) return;
    if (row.address > address || row.address < nearest) return;
    nearest = row.address;
    found = { fileIndex: row.fileIndex, line: row.line };
  });
  if (found === undefined) return undefined;
  const file = getPath(unit, files[found.fileIndex]);
  if (file === undefined) return undefined;
  return found.line > 0 && Number.isSafeInteger(found.line) ? { file, line: found.line } : { file };
}

function getPath(unit: LineUnit, file: LineFile | undefined): string | undefined {
  if (file === undefined || file.name === '') return undefined;
  const directory = unit.directories[file.directoryIndex] ?? '';
  const path = joinPath(directory, file.name);
  return joinPath(unit.directories[0] ?? '', path);
}

function joinPath(folder: string, path: string): string {
  return folder === '' || path.startsWith('/') ? path : `${folder}/${path}`;
}

interface Row {
  address: number;
  fileIndex: number;
  line: number;
  endsSequence: boolean;
}

/**
 * Runs one unit's program. `visit` is given the same object each time, to be read at once;
 * `files` grows by those that the program itself defines.
 */
function runLineProgram(
  sections: LineSections,
  unit: LineUnit,
  files: LineFile[],
  visit: (row: Readonly<Row>) => void,
): void {
  const cursor = new ByteCursor(sections.line, unit.programStart, unit.end);
  const row: Row = { address: 0, fileIndex: 1, line: 1, endsSequence: false };
  const { lineBase, lineRange, opcodeBase, minInstructionBytes } = unit;
  const constantAdvance = Math.floor((255 - opcodeBase) / lineRange) * minInstructionBytes;
  while (cursor.hasMore) {
    const opcode = cursor.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      row.address += Math.floor(adjusted / lineRange) * minInstructionBytes;
      row.line += lineBase + (adjusted % lineRange);
      visit(row);
    } else if (opcode === 0) {
      runExtended(cursor, row, files, visit);
    } else if (opcode === 8) {
      row.address += constantAdvance; // DW_LNS_const_add_pc
    } else {
      runStandard(cursor, opcode, unit, row, visit);
    }
  }
}

function runStandard(
  cursor: ByteCursor,
  opcode: number,
  unit: LineUnit,
  row: Row,
  visit: (row: Readonly<Row>) => void,
): void {
  switch (opcode) {
    case 1: // DW_LNS_copy
      if (cursor.ok) visit(row);
      return;
    case 2: // DW_LNS_advance_pc
      row.address += cursor.uleb128() * unit.minInstructionBytes;
      return;
    case 3: // DW_LNS_advance_line
      row.line += cursor.sleb128();
      return;
    case 4: // DW_LNS_set_file
      row.fileIndex = cursor.uleb128();
      return;
    case 9: // DW_LNS_fixed_advance_pc
      row.address += cursor.u16();
      return;
    default: {
      const operandCount = unit.operandCounts[opcode] ?? 0;
      for (let index = 0; index < operandCount; index++) cursor.uleb128();
    }
  }
}

function runExtended(
  cursor: ByteCursor,
  row: Row,
  files: LineFile[],
  visit: (row: Readonly<Row>) => void,
): void {
  const lengthBytes = cursor.uleb128();
  const end = cursor.position + lengthBytes;
  const opcode = lengthBytes === 0 ? -1 : cursor.u8();
  if (!cursor.ok) return;
  if (opcode === 1) {
    row.endsSequence = true; // DW_LNE_end_sequence
    visit(row);
    Object.assign(row, { address: 0, fileIndex: 1, line: 1, endsSequence: false });
  } else if (opcode === 2) {
    row.address = cursor.u64(); // DW_LNE_set_address
  } else if (opcode === 3) {
    files.push(parseFile2(cursor)); // DW_LNE_define_file
  }
  cursor.skip(end - cursor.position);
}
