/**
 * What lies behind the end of a file, on its last page: no read(2) shows it, but whoever has the
 * page mapped can write there, as programs do that made their memory too short.
 */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import type { Stopped } from '../stopped.ts';
import type { Access } from './access.ts';
import type { MappedAccess } from './mapped-access.ts';
import type { PageSpan } from './page-spans.ts';

/** A file, and behind its end what its mappings show. */
export class WithLastPage implements Access {
  readonly sizeBytes: number;
  readonly seals: number;
  private readonly file: Access;
  private readonly mapped: MappedAccess;
  private readonly stopped: Stopped;

  constructor(file: Access, mapped: MappedAccess, stopped: Stopped) {
    this.sizeBytes = file.sizeBytes;
    this.seals = file.seals;
    this.file = file;
    this.mapped = mapped;
    this.stopped = stopped;
  }

  listData(maxPages: number): readonly PageSpan[] | undefined {
    return this.file.listData(maxPages);
  }

  read(to: number, offset: number, sizeBytes: number): number {
    const { sizeBytes: end, stopped } = this;
    const size = this.file.read(to, offset, sizeBytes);
    const room = Math.min(sizeBytes - size, lastPageRoom(end));
    if (room <= 0 || offset + size !== end) return size;
    const part = this.mapped.find(end, false);
    if (part === undefined) return size;
    return size + Math.max(stopped.target.forceReadInto(to + size, part.address, room), 0);
  }
}

/** How many bytes of the last page lie behind the end. */
function lastPageRoom(sizeBytes: number): number {
  return (PAGE_SIZE - (sizeBytes % PAGE_SIZE)) % PAGE_SIZE;
}
