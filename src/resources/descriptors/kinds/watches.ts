/**
 * What an epoll set watches, as fdinfo tells it: a file, together with the number by which it was
 * added. The number may lead elsewhere by now.
 *
 * Source: proc_pid_fdinfo(5); fs/eventpoll.c, ep_show_fdinfo.
 */
import { readFileSync } from 'node:fs';
import {
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLONESHOT,
  EPOLLWAKEUP,
} from '../../../sys/descriptor-flags.ts';

export interface Watch {
  readonly fd: number;
  readonly events: number;
  readonly data: bigint;
  readonly inode: number;
  /** Inode and device, which tell one file from another unless it has none of its own. */
  readonly file: string;
  /** Which one it is of those with this number, counted as kcmp(2) does. */
  readonly index: number;
  /** There is no other one with this number. */
  readonly isAlone: boolean;
}

/** How it is reported, rather than what of. */
const MODES = EPOLLET | EPOLLEXCLUSIVE | EPOLLONESHOT | EPOLLWAKEUP;
const LINE = new RegExp(
  String.raw`^tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)\s+data:\s*([0-9a-f]+)` +
    String.raw`(?:.*\bino:([0-9a-f]+)\s+sdev:(\S+))?`,
  'gm',
);

export function parseWatches(text: Uint8Array | undefined): Watch[] {
  const lines = Buffer.from(text ?? []).toString('latin1');
  const counts = new Map<number, number>();
  const found = [...lines.matchAll(LINE)].map(
    ([, number, events = '0', data = '0', inode = '', sdev]) => {
      const fd = Number(number);
      const index = counts.get(fd) ?? 0;
      counts.set(fd, index + 1);
      return {
        fd,
        events: Number.parseInt(events, 16),
        data: BigInt(`0x${data}`),
        inode: Number.parseInt(inode, 16),
        file: `${inode} ${sdev ?? ''}`,
        index,
      };
    },
  );
  return found.map((watch) => ({ ...watch, isAlone: counts.get(watch.fd) === 1 }));
}

/** What a set of the program's watches now. */
export function readWatches(tid: number, epoll: number): Watch[] {
  return parseWatches(readFileSync(`/proc/${tid}/fdinfo/${epoll}`));
}

function isSameWatched(one: Watch, other: Watch): boolean {
  return one.fd === other.fd && one.file === other.file;
}

/** Of two with one number. */
export function isSameWatch(one: Watch, other: Watch): boolean {
  return one.events === other.events && one.data === other.data;
}

/** It has been reported once, and not been asked for again. */
export function isDisarmed({ events }: Watch): boolean {
  return (events & ~MODES) === 0;
}

export function has({ events }: Watch, mode: number): boolean {
  return (events & mode) !== 0;
}

export interface Pairs {
  /** What stands for each of the wanted ones; undefined: nothing does. */
  readonly pairs: readonly (Watch | undefined)[];
  /** What stands for none. */
  readonly left: readonly Watch[];
}

export function pairWatches(wanted: readonly Watch[], now: readonly Watch[]): Pairs {
  const byNumber = new Map<number, Watch[]>();
  for (const watch of now) {
    const list = byNumber.get(watch.fd);
    if (list === undefined) byNumber.set(watch.fd, [watch]);
    else list.push(watch);
  }
  const pairs = wanted.map((watch) => {
    const list = byNumber.get(watch.fd) ?? [];
    const found = list.findIndex((other) => isSameWatched(other, watch));
    return found < 0 ? undefined : list.splice(found, 1)[0];
  });
  return { pairs, left: [...byNumber.values()].flat() };
}
