/**
 * Shared memory to which only its mappings lead goes back through them. One that may not be written
 * now is made writable for a moment by a call of the program; whether it can be is tried before.
 */
import { PAGE_SIZE, SYS } from '../../arch/x64/syscalls.ts';
import { errnoName } from '../../errors.ts';
import type { Mapping } from '../../procfs/maps.ts';
import type { PageStore } from '../../store/page-store.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { MADV_POPULATE_WRITE, MADV_REMOVE } from '../../sys/madvise.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../sys/mmap.ts';
import type { Claims } from '../claims.ts';
import type { Stopped } from '../stopped.ts';
import { MappedAccess } from './mapped-access.ts';
import type { PageSpan } from './page-spans.ts';
import type { Changed, PutBack } from './put-back.ts';

/** @throws SyscallError where there is no room for it; a text where it may not be written */
export function claimMappedPutBack(
  stopped: Stopped,
  { image, difference }: Changed,
  mappings: readonly Mapping[],
  store: PageStore,
  claims: Claims,
): PutBack | string {
  const place = new Place(stopped, mappings);
  const { writes, missing, surplus } = difference;
  for (const [index] of writes) place.want(index);
  for (const { first, end } of surplus) {
    for (let index = first; index < end; index += 1) place.want(index);
  }
  let isDone = false;
  const refused = place.withWritable(() => {
    for (const span of missing) {
      const errno = place.advise(span, MADV_POPULATE_WRITE);
      const undo = (): void => {
        if (!isDone) place.advise(span, MADV_REMOVE);
      };
      claims.acquire(`get memory for ${image.path}`, () => errno, undo);
    }
    return 0;
  });
  if (refused < 0) return `it may not be written: ${errnoName(-refused)}`;
  const apply = (): number => {
    isDone = true;
    return place.withWritable(() => {
      const lost = writes.filter(([index, slot]) => !place.write(index, store.address(slot)));
      const kept = surplus.filter((span) => !place.clear(span));
      return lost.length + kept.length;
    });
  };
  return { image, difference, apply };
}

class Place {
  private readonly stopped: Stopped;
  private readonly access: MappedAccess;
  /** Those through which it is written that may not be written now. */
  private readonly locked = new Set<Mapping>();
  private readonly zeros = new NativeBuffer(PAGE_SIZE);

  constructor(stopped: Stopped, mappings: readonly Mapping[]) {
    this.stopped = stopped;
    this.access = new MappedAccess(stopped, mappings);
  }

  /** A page is to be written. */
  want(index: number): void {
    const found = this.access.find(index * PAGE_SIZE, true);
    if (found?.mapping.writable === false) this.locked.add(found.mapping);
  }

  /** What `work` answers, or minus errno. */
  withWritable(work: () => number): number {
    const opened: Mapping[] = [];
    try {
      for (const mapping of this.locked) {
        const errno = this.protect(mapping, PROT_READ | PROT_WRITE);
        if (errno < 0) return errno;
        opened.push(mapping);
      }
      return work();
    } finally {
      for (const mapping of opened) this.protect(mapping, protectionOf(mapping));
    }
  }

  /** 0, or minus errno of the first part that refuses. */
  advise({ first, end }: PageSpan, advice: number): number {
    const { calls } = this.stopped.remote();
    for (let offset = first * PAGE_SIZE; offset < end * PAGE_SIZE;) {
      const part = this.access.find(offset, true);
      if (part === undefined) return 0;
      const size = Math.min(part.sizeBytes, end * PAGE_SIZE - offset);
      const result = calls.call(SYS.madvise, part.address, size, advice);
      if (result < 0) return result;
      offset += size;
    }
    return 0;
  }

  /** A hole again, or zeros where it may not be one: it is locked. */
  clear(span: PageSpan): boolean {
    if (this.advise(span, MADV_REMOVE) === 0) return true;
    let isDone = true;
    for (let index = span.first; index < span.end; index += 1) {
      isDone = this.write(index, this.zeros.address) && isDone;
    }
    return isDone;
  }

  write(index: number, from: number): boolean {
    const part = this.access.find(index * PAGE_SIZE, true);
    if (part === undefined) return false;
    return this.stopped.target.forceWriteFrom(from, part.address, PAGE_SIZE) === PAGE_SIZE;
  }

  private protect({ start, end }: Mapping, protection: number): number {
    const { calls } = this.stopped.remote();
    return calls.call(SYS.mprotect, start, end - start, protection);
  }
}

function protectionOf({ readable, writable, executable }: Mapping): number {
  return (readable ? PROT_READ : 0) | (writable ? PROT_WRITE : 0) | (executable ? PROT_EXEC : 0);
}
