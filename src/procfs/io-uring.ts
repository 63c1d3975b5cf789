/**
 * /proc/PID/fdinfo/FD of an io_uring: the buffers that are registered, and so pinned.
 *
 * Source: io_uring/fdinfo.c: `UserBufs:\t1`, then a line for each, `    0: 0x7ff6f4199000/16384`.
 */
import type { Range } from './maps.ts';

/** Whole pages of 4 KiB, in the order of registration. */
const PAGE = 4096;

export function parseRegisteredBuffers(text: string): Range[] {
  const section = /^UserBufs:.*\n((?: +\d+: .*\n)*)/m.exec(text)?.[1] ?? '';
  return [...section.matchAll(/^ +\d+: 0x([0-9a-f]+)\/(\d+)$/gm)].map(([, address, size]) => {
    const start = Number.parseInt(address ?? '', 16);
    const end = start + Number(size);
    return { start: Math.floor(start / PAGE) * PAGE, end: Math.ceil(end / PAGE) * PAGE };
  });
}
