/**
 * Finds the separate file that holds the debugging information of a stripped ELF file.
 *
 * It is named after the file's build-id, a hash of its content, or by its `.gnu_debuglink`. A file
 * found by link counts only when its build-id is the same, or neither has one and the checksum of
 * the link fits.
 *
 * Source: GDB manual, "Debugging Information in Separate Files".
 */
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ByteCursor } from './byte-cursor.ts';
import { type Elf, findSection, PT_NOTE, readElf } from './elf.ts';
import { type FileBytes, withFile } from './file-bytes.ts';

const NT_GNU_BUILD_ID = 3;
const GNU_NOTE_NAME = 'GNU\0';
/** Chosen: real ones are 8 to 20 bytes; SHA-512 would be 64. */
const MAX_BUILD_ID_BYTES = 64;
/** Chosen: note segments are below 1 KB. */
const MAX_NOTES_BYTES = 64 * 1024;
/** Chosen: a name of 255 bytes, padding and the checksum fit. */
const MAX_DEBUG_LINK_BYTES = 512;
/** Chosen: read at a time for the checksum. */
const CHECKSUM_CHUNK_BYTES = 1024 * 1024;
/** Chosen: half a second's reading; a sparse file can say that it has terabytes. */
const MAX_CHECKSUM_BYTES = 1024 * 1024 * 1024;
const PROCESS_ROOT = /^\/proc\/[0-9]+\/root(?=\/)/;

export interface DebugLink {
  readonly name: string;
  readonly checksum: number;
}

/** The build-id as lower-case hexadecimal digits, undefined when the file has none. */
export function readBuildId(file: FileBytes, elf: Elf): string | undefined {
  for (const { type, offset, fileSizeBytes } of elf.programHeaders) {
    if (type !== PT_NOTE || fileSizeBytes > MAX_NOTES_BYTES) continue;
    const notes = file.read(offset, fileSizeBytes);
    const buildId = notes === undefined ? undefined : parseBuildId(notes);
    if (buildId !== undefined) return buildId;
  }
  return undefined;
}

function parseBuildId(notes: Buffer): string | undefined {
  const cursor = new ByteCursor(notes);
  while (cursor.hasMore) {
    const nameBytes = cursor.u32();
    const contentBytes = cursor.u32();
    const type = cursor.u32();
    const nameStart = cursor.position;
    cursor.skip(alignTo4(nameBytes));
    const contentStart = cursor.position;
    cursor.skip(alignTo4(contentBytes));
    if (!cursor.ok) return undefined;
    const name = notes.toString('latin1', nameStart, nameStart + nameBytes);
    if (type !== NT_GNU_BUILD_ID || name !== GNU_NOTE_NAME) continue;
    if (contentBytes === 0 || contentBytes > MAX_BUILD_ID_BYTES) return undefined;
    return notes.toString('hex', contentStart, contentStart + contentBytes);
  }
  return undefined;
}

function alignTo4(sizeBytes: number): number {
  return Math.ceil(sizeBytes / 4) * 4;
}

/** The name and CRC-32 of the separate file; undefined when the file does not say. */
export function readDebugLink(file: FileBytes, elf: Elf): DebugLink | undefined {
  const section = findSection(elf, '.gnu_debuglink');
  if (section === undefined || section.sizeBytes > MAX_DEBUG_LINK_BYTES) return undefined;
  const bytes = file.read(section.offset, section.sizeBytes);
  if (bytes === undefined) return undefined;
  const cursor = new ByteCursor(bytes);
  const name = Buffer.from(cursor.string()).toString('latin1');
  cursor.skip(alignTo4(cursor.position) - cursor.position);
  const checksum = cursor.u32();
  // A name with a slash would let a hostile file choose any file of ours to be read.
  if (!cursor.ok || name === '' || name !== basename(name)) return undefined;
  return { name, checksum };
}

/**
 * The path of the separate debugging file of `path`, checked to belong to it.
 *
 * @param path - may begin with /proc/PID/root, for a process with another root folder.
 * @param debugRoot - where distributions put such files, normally /usr/lib/debug.
 */
export function findDebugFile(
  path: string,
  file: FileBytes,
  elf: Elf,
  debugRoot: string,
): string | undefined {
  const root = PROCESS_ROOT.exec(path)?.[0] ?? '';
  const buildId = readBuildId(file, elf);
  if (buildId !== undefined) {
    const name = `${buildId.slice(2)}.debug`;
    const candidate = join(root, debugRoot, '.build-id', buildId.slice(0, 2), name);
    if (isMatch(candidate, buildId, undefined)) return candidate;
  }
  const link = readDebugLink(file, elf);
  if (link === undefined) return undefined;
  const folder = dirname(path);
  return [
    join(folder, link.name),
    join(folder, '.debug', link.name),
    join(root, debugRoot, folder.slice(root.length), link.name),
  ].find((candidate) => candidate !== path && isMatch(candidate, buildId, link));
}

function isMatch(path: string, buildId: string | undefined, link: DebugLink | undefined): boolean {
  const matches = withFile(path, (file) => {
    const elf = readElf(file);
    if (elf === undefined) return false;
    const candidateBuildId = readBuildId(file, elf);
    if (buildId !== undefined || candidateBuildId !== undefined) {
      return candidateBuildId === buildId;
    }
    return link !== undefined && readChecksum(file) === link.checksum;
  });
  return matches === true;
}

function readChecksum(file: FileBytes): number | undefined {
  if (file.sizeBytes > MAX_CHECKSUM_BYTES) return undefined;
  let checksum = 0;
  for (let offset = 0; offset < file.sizeBytes; offset += CHECKSUM_CHUNK_BYTES) {
    const lengthBytes = Math.min(CHECKSUM_CHUNK_BYTES, file.sizeBytes - offset);
    const chunk = file.read(offset, lengthBytes);
    if (chunk === undefined) return undefined;
    checksum = crc32(chunk, checksum);
  }
  return checksum;
}
