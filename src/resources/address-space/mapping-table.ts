/** The mappings of a process at one moment: shared by all points between which nothing changed. */
import {
  findMapping,
  isKernelMapping,
  isSharedMemory,
  parseMaps,
  type Mapping,
} from '../../procfs/maps.ts';

export class MappingTable {
  /** /proc/PID/maps, byte for byte. */
  readonly text: Buffer;
  readonly mappings: readonly Mapping[];
  /** Private mappings that a program can make: those whose pages are saved. */
  readonly tracked: readonly Mapping[];
  /** Private mappings of files. */
  readonly privateFiles: readonly Mapping[];
  readonly shared: readonly Mapping[];
  /** Those of files, from which nobody can tell that they were made anew. */
  readonly sharedFiles: readonly Mapping[];
  /** Whether an io_uring is mapped. */
  readonly hasRing: boolean;
  /** Whether requests of Linux AIO may be under way, io_submit(2). */
  readonly hasRequests: boolean;
  /** What others may share and no watch covers: files and devices. Memory has its own resource. */
  readonly sharedWritable: readonly Mapping[];
  /** The program break. */
  readonly breakAddress: number;

  constructor(text: Buffer, breakAddress: number) {
    this.text = Buffer.from(text);
    this.mappings = parseMaps(this.text.toString('latin1'));
    this.tracked = this.mappings.filter(isTracked);
    this.privateFiles = this.tracked.filter(({ inode }) => inode !== 0);
    this.shared = this.mappings.filter(({ shared }) => shared);
    this.sharedFiles = this.shared.filter(({ inode }) => inode !== 0);
    this.hasRing = this.mappings.some(({ path }) => path === 'anon_inode:[io_uring]');
    this.hasRequests = this.shared.some(({ path }) => path === '/[aio] (deleted)');
    this.sharedWritable = this.shared.filter(
      (mapping) => mapping.writable && !isSharedMemory(mapping),
    );
    this.breakAddress = breakAddress;
  }

  /** Whether the program may write to all of a range, by what one mapping says. */
  isWritable(address: number, sizeBytes: number): boolean {
    const mapping = findMapping(this.mappings, address);
    return mapping?.writable === true && address + sizeBytes <= mapping.end;
  }
}

export function isTracked(mapping: Mapping): boolean {
  return !mapping.shared && !isKernelMapping(mapping);
}
