/**
 * What only the kernel knows whether it will allow: tried beforehand, on memory that is free.
 *
 * MCL_FUTURE shows nowhere: a mapping that is larger than RLIMIT_MEMLOCK is refused only under it.
 * Which privileges let a low page be mapped is for security modules to say, too.
 *
 * Source: mm/mmap.c, mlock_future_ok; security/commoncap.c, cap_mmap_addr.
 */
import { readFileSync } from 'node:fs';
import { PAGE_SIZE, SYS } from '../../arch/x64/syscalls.ts';
import { errnoName } from '../../errors.ts';
import type { MappingStep } from '../../points/plan-mappings.ts';
import { parseFields } from '../../procfs/fields.ts';
import { parseSoftLimit } from '../../procfs/limits.ts';
import { findMapping, type Mapping, type Range } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import { MAP_ANONYMOUS, MAP_FIXED_NOREPLACE, MAP_NORESERVE, MAP_PRIVATE } from '../../sys/mmap.ts';
import { SCRATCH_SIZE } from '../../tracee/scratch.ts';
import { Obstacle } from '../resource.ts';
import type { Stopped } from '../stopped.ts';

const EAGAIN = 11;
const EEXIST = 17;
/** No system has a higher vm.mmap_min_addr. Chosen: only below it the file is read. */
const LOW_END = 1 << 24;
const HOW = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

/** Locked memory: what is mapped again is locked at first, where all is that is mapped. */
export function findLackOfLockRoom(
  stopped: Stopped,
  steps: readonly MappingStep[],
  anew: readonly Range[],
  now: readonly AttributeRange[],
): Obstacle | undefined {
  const gone = [...steps.filter(({ kind }) => kind === 'unmap'), ...anew];
  const mapped = [...steps.filter(({ kind }) => kind === 'map'), ...anew];
  if (mapped.length === 0) return undefined;
  const { living } = stopped;
  const limits = readFileSync(`/proc/${living}/limits`, 'latin1');
  const limit = parseSoftLimit(limits, 'Max locked memory');
  const status = parseFields(readFileSync(`/proc/${living}/status`, 'latin1'));
  const locked = Number.parseInt(status.get('VmLck') ?? '0') * 1024;
  const wanted = locked - sizeOfLocked(gone, now) + sizeOf(mapped) + SCRATCH_SIZE;
  if (wanted <= limit) return undefined;
  const size = Math.floor(limit / PAGE_SIZE + 1) * PAGE_SIZE;
  if (tryMapping(stopped, 0, size, HOW) !== -EAGAIN) return undefined;
  return new Obstacle(
    `all that it maps is locked (MCL_FUTURE): ${wanted} bytes, more than RLIMIT_MEMLOCK is now`,
  );
}

/** The break is raised only where a page above it is free: what stays there is in the way. */
export function findAboveBreak(
  stopped: Stopped,
  breakAddress: number,
  staying: readonly (readonly Mapping[])[],
): Obstacle | undefined {
  const end = Math.ceil(breakAddress / PAGE_SIZE) * PAGE_SIZE;
  if (staying.some((mappings) => findMapping(mappings, end) === undefined)) return undefined;
  if (stopped.remote().calls.call(SYS.brk, 0) >= breakAddress) return undefined;
  return new Obstacle(`the program break cannot be raised to what stands at 0x${end.toString(16)}`);
}

/** What the program may not map any more, though it had it at the point. */
export function findForbidden(
  stopped: Stopped,
  missing: ReadonlySet<Mapping>,
  isExecRefused: boolean,
): Obstacle | undefined {
  for (const mapping of missing) {
    const { start, writable, executable } = mapping;
    const place = `0x${start.toString(16)}`;
    if (isExecRefused && writable && executable) {
      return new Obstacle(`${place} was writable and executable, which PR_SET_MDWE forbids now`);
    }
    const errno = start < LOW_END ? tryLowPage(stopped, mapping) : 0;
    if (errno > 0) {
      return new Obstacle(`${place} is below vm.mmap_min_addr for it now: ${errnoName(errno)}`);
    }
  }
  return undefined;
}

function tryLowPage(stopped: Stopped, { start, end }: Mapping): number {
  if (start >= Number(readFileSync('/proc/sys/vm/mmap_min_addr', 'latin1'))) return 0;
  const result = tryMapping(stopped, start, end - start, HOW | MAP_FIXED_NOREPLACE);
  return result >= 0 || result === -EEXIST ? 0 : -result;
}

/** Map memory that cannot be touched, and unmap it: the address, or minus errno. */
function tryMapping({ remote }: Stopped, start: number, size: number, flags: number): number {
  const { calls } = remote();
  const address = calls.call(SYS.mmap, start, size, 0, flags, -1, 0);
  if (address >= 0) calls.call(SYS.munmap, address, size);
  return address;
}

function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

function sizeOfLocked(ranges: readonly Range[], now: readonly AttributeRange[]): number {
  const locked = now.filter(({ flags }) => flags.has('lo'));
  return sizeOf(
    ranges.flatMap((range) =>
      locked
        .map(({ start, end }) => ({
          start: Math.max(start, range.start),
          end: Math.min(end, range.end),
        }))
        .filter(({ start, end }) => start < end),
    ),
  );
}
