/**
 * Reads the content of ELF sections, unpacking compressed debug sections.
 *
 * Source: gABI chapter 4, "Section Compression"; the older `.zdebug_*` form is GNU's.
 */
import { inflateSync, zstdDecompressSync } from 'node:zlib';
import { ByteCursor } from './byte-cursor.ts';
import { type Elf, findSection, type Section, SHF_COMPRESSED } from './elf.ts';
import { type FileBytes, MAX_READ_BYTES } from './file-bytes.ts';

const COMPRESSION_HEADER_BYTES = 24;
const ELFCOMPRESS_ZLIB = 1;
const ELFCOMPRESS_ZSTD = 2;
/** "ZLIB" and the size as a big-endian 64-bit number. */
const GNU_HEADER_BYTES = 12;
const GNU_MAGIC = 'ZLIB';

/** The unpacked content of a `.debug_*` section, in whichever form the file has it. */
export function readDebugSection(file: FileBytes, elf: Elf, name: string): Buffer | undefined {
  const section = findSection(elf, name);
  if (section !== undefined) return readSection(file, section);
  const gnuSection = findSection(elf, name.replace(/^\.debug_/, '.zdebug_'));
  if (gnuSection === undefined) return undefined;
  return unpackGnu(file.read(gnuSection.offset, gnuSection.sizeBytes));
}

function readSection(file: FileBytes, section: Section): Buffer | undefined {
  const bytes = file.read(section.offset, section.sizeBytes);
  if (bytes === undefined || (section.flags & SHF_COMPRESSED) === 0) return bytes;
  const cursor = new ByteCursor(bytes);
  const type = cursor.u32();
  cursor.skip(4);
  const sizeBytes = cursor.u64();
  if (!cursor.ok) return undefined;
  const packed = bytes.subarray(COMPRESSION_HEADER_BYTES);
  if (type === ELFCOMPRESS_ZLIB) return unpack(inflateSync, packed, sizeBytes);
  if (type === ELFCOMPRESS_ZSTD) return unpack(zstdDecompressSync, packed, sizeBytes);
  return undefined;
}

function unpackGnu(bytes: Buffer | undefined): Buffer | undefined {
  if (bytes === undefined || bytes.length < GNU_HEADER_BYTES) return undefined;
  if (bytes.toString('latin1', 0, GNU_MAGIC.length) !== GNU_MAGIC) return undefined;
  const sizeBytes = Number(bytes.readBigUInt64BE(GNU_MAGIC.length));
  return unpack(inflateSync, bytes.subarray(GNU_HEADER_BYTES), sizeBytes);
}

type Unpacker = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;

/** The declared size is the limit of what is unpacked: a small section cannot fill the memory. */
function unpack(unpacker: Unpacker, packed: Buffer, sizeBytes: number): Buffer | undefined {
  if (!(sizeBytes > 0 && sizeBytes <= MAX_READ_BYTES)) return undefined;
  try {
    const bytes = unpacker(packed, { maxOutputLength: sizeBytes });
    return bytes.length === sizeBytes ? bytes : undefined;
  } catch {
    return undefined;
  }
}
