/**
 * Rings of io_uring(7): how far they have come. The kernel counts what it has taken and answered,
 * and nothing sets that back. Programs that read the counts from the ring each time go on from
 * there. Those that count along in memory of their own, as liburing has them do, would be out of
 * step for good: where that library is mapped there is no way back behind requests.
 *
 * Source: io_uring/fdinfo.c; liburing, io_uring_get_sqe; libuv, uv__epoll_ctl_prep.
 */
import { readFileSync } from 'node:fs';
import type { AnonymousKind } from './kind.ts';

const COUNTS = ['SqHead', 'SqTail', 'CachedSqHead', 'CqHead', 'CqTail', 'CachedCqTail'];
const LIBURING = /\/liburing[^/\n]*\.so/;

export const rings: AnonymousKind = {
  has: (link) => link === 'anon_inode:[io_uring]',
  keep: (told, before) => {
    const text = told.toString('latin1');
    const lines = COUNTS.map((name) => new RegExp(`^${name}:\\s*\\d+$`, 'm').exec(text)?.[0] ?? '');
    // While somebody makes requests it does not tell.
    if (lines.includes('') && before !== undefined) return before;
    const kept = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
    return before !== undefined && kept.equals(before) ? before : new Uint8Array(kept);
  },
  refuse: (stopped, image, present) => {
    const isUsed = countOf(image.content, 'SqTail') !== countOf(present.content, 'SqTail');
    if (!isUsed || !countsAlong(stopped.living)) return undefined;
    return `io_uring ${image.fd} has taken requests since, which cannot be uncounted`;
  },
  settle: ({ image }) =>
    `io_uring ${image.fd} goes on: requests and completions taken since are not undone`,
};

function countOf(content: Uint8Array | undefined, name: string): string | undefined {
  const text = Buffer.from(content ?? []).toString('latin1');
  return new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(text)?.[1];
}

function countsAlong(tid: number): boolean {
  return LIBURING.test(readFileSync(`/proc/${tid}/maps`, 'latin1'));
}
