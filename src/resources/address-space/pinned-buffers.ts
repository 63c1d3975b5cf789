/**
 * Memory that the kernel writes to past any protection: buffers registered with an io_uring.
 *
 * A program that has a ring has it mapped, or an entry in its descriptor table that says so; only
 * then is that table looked through.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { parseRegisteredBuffers } from '../../procfs/io-uring.ts';
import type { Range } from '../../procfs/maps.ts';
import type { MappingTable } from './mapping-table.ts';

const RING = 'anon_inode:[io_uring]';
const NONE: readonly Range[] = [];

/** The buffers of all rings of process `pid` that are mapped. */
export function readPinnedBuffers(pid: number, table: MappingTable): readonly Range[] {
  if (!table.hasRing) return NONE;
  const directory = `/proc/${pid}/fd`;
  try {
    const rings = readdirSync(directory).filter((fd) => isRing(`${directory}/${fd}`));
    return rings.flatMap((fd) =>
      parseRegisteredBuffers(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1')),
    );
  } catch {
    return NONE;
  }
}

function isRing(link: string): boolean {
  try {
    return readlinkSync(link) === RING;
  } catch {
    return false;
  }
}
