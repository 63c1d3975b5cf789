/**
 * Finds, in a table of descriptors, the pipes and unix(7) sockets whose both ends are there, and
 * the pipes of which others have an end. Each time the table has changed; what is known of a socket
 * is not asked again.
 */
import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { O_ACCMODE, O_ASYNC, O_DIRECT, O_PATH, O_WRONLY } from '../../sys/descriptor-flags.ts';
import { IN_ACCESS } from '../../sys/inotify.ts';
import type { UnixSocket, UnixSocketDiag } from '../../sys/sock-diag.ts';
import { statKnownLink, typeOf } from '../../sys/statx.ts';
import { readStat } from '../../tasks/read-stat.ts';
import { linkOf } from '../relatives.ts';
import type { Stopped } from '../stopped.ts';
import { findWatched } from '../watched-files.ts';
import type { SocketPair } from '../socket-pairs.ts';
import type { ChannelImage, Ends, LoneEnd, Shared } from './channel-image.ts';

/** What is to be known of a descriptor. */
export interface Leading {
  readonly fd: number;
  readonly kind: string;
  /** What /proc/PID/fd/N leads to. */
  readonly link: string;
  readonly flags: number;
  readonly position: number | bigint;
  readonly mountId: number;
  readonly inode: number;
  /** Of one that watches files, what fdinfo tells of that. */
  readonly content: Uint8Array | undefined;
}

export interface Channel extends Ends {
  /** Of this process's channels no other has it. */
  readonly key: number;
  readonly isDirect: boolean;
  /** All numbers to read by. */
  readonly readers: readonly number[];
  /** It has a name: others may have opened it, and the program may have anew. */
  readonly isNamed: boolean;
  /** One of two sockets has an address. */
  readonly isBound: boolean;
  /** The program would be told (inotify, fanotify) that somebody looks into it. */
  readonly isWatched: boolean;
}

export interface Found {
  readonly channels: readonly Channel[];
  readonly shared: readonly Shared[];
  /** There are sockets of another network namespace than ours, of which nothing is told. */
  readonly isUntold: boolean;
}

interface Group {
  readonly first: Leading;
  readonly all: Leading[];
}

/** Standard streams are the caller's, mostly: everybody knows that what left by them is gone. */
export const LAST_STREAM = 2;
const OUTSIDE = 'its other end is outside the program';

export class ChannelFinder {
  private readonly diag: UnixSocketDiag;
  private readonly pipes = new WeakMap<Leading, boolean>();
  /** By inode; undefined: no unix socket that we can ask about. */
  private sockets = new Map<number, UnixSocket | undefined>();
  private keys = new Map<string, number>();
  private lastKey = 0;
  private parent: number | undefined = undefined;

  constructor(diag: UnixSocketDiag) {
    this.diag = diag;
  }

  /** By which key a channel of this name goes; undefined: there is none in the last table. */
  keyOf(name: string): number | undefined {
    return this.keys.get(name);
  }

  find(stopped: Stopped, table: readonly Leading[]): Found {
    const groups = this.group(stopped, table);
    const sockets = this.askOfSockets(groups);
    const isWatched = findWatched(table, IN_ACCESS);
    const within: Channel[] = [];
    const keys = new Map<string, number>();
    const shared: Shared[] = [];
    for (const [name, group] of groups) {
      const channel =
        group.first.kind === 'socket' ? pair(group, groups, sockets) : pipeOf(group, isWatched);
      if (channel === undefined) {
        if (group.first.kind !== 'socket') shared.push(...this.nameShared(stopped, group));
        continue;
      }
      const key = this.keys.get(name) ?? (this.lastKey += 1);
      keys.set(name, key);
      within.push({ ...channel, key });
    }
    this.keys = keys;
    this.sockets = sockets;
    return { channels: within, shared, isUntold: isUntold(stopped, sockets) };
  }

  /** Descriptors of pipes and sockets, by name. */
  private group({ living }: Stopped, table: readonly Leading[]): Map<string, Group> {
    const groups = new Map<string, Group>();
    for (const image of table) {
      const { kind, link } = image;
      if (kind !== 'socket' && kind !== 'pipe' && !this.isNamedPipe(living, image)) continue;
      const group = groups.get(link);
      if (group === undefined) groups.set(link, { first: image, all: [image] });
      else if (group.first.inode === image.inode) group.all.push(image);
    }
    return groups;
  }

  private nameShared({ pid }: Stopped, { all }: Group): Shared[] {
    const [first] = all;
    if (first === undefined || all.some(({ fd }) => fd <= LAST_STREAM)) return [];
    const { fd, link } = first;
    this.parent ??= readStat(pid)?.ppid ?? 0;
    const isInherited = linkOf(this.parent, fd) === link;
    return [{ fd, name: link, who: OUTSIDE, isInherited, lone: loneEnd(all) }];
  }

  private isNamedPipe(tid: number, image: Leading): boolean {
    const { kind, position, flags, link, fd } = image;
    if (kind !== 'path' || position !== 0 || (flags & O_PATH) !== 0) return false;
    if (link.startsWith('/dev/')) return false;
    const known = this.pipes.get(image);
    if (known !== undefined) return known;
    const status = statKnownLink(`/proc/${tid}/fd/${fd}`);
    const isPipe = status !== undefined && typeOf(status) === 'pipe';
    this.pipes.set(image, isPipe);
    return isPipe;
  }

  /** One that is not connected may be by now. */
  private askOfSockets(groups: ReadonlyMap<string, Group>): Map<number, UnixSocket | undefined> {
    const sockets = new Map<number, UnixSocket | undefined>();
    for (const { first } of groups.values()) {
      if (first.kind !== 'socket') continue;
      const { inode } = first;
      const known = this.sockets.get(inode);
      const isKnown = this.sockets.has(inode) && known?.peer !== 0;
      sockets.set(inode, isKnown ? known : this.diag.find(inode));
    }
    return sockets;
  }
}

/** Those that socketpair(2) can make as they are: of which all is known that is in them. */
export function findPairs(
  channels: readonly Channel[],
  images: readonly ChannelImage[],
): readonly SocketPair[] {
  const whole = new Map<number, Channel>();
  for (const [index, channel] of channels.entries()) {
    const image = images[index];
    const isKnown = image !== undefined && !image.isShut && image.content.missing === undefined;
    if (channel.kind === 'socket' && isKnown && !channel.isBound) whole.set(channel.inode, channel);
  }
  return [...whole.values()].flatMap(({ inode, peer, type }): SocketPair[] =>
    inode < peer && whole.has(peer) ? [{ ends: [inode, peer], type }] : [],
  );
}

/** Two sockets, at least: one alone is no channel. */
function isUntold(
  { living }: Stopped,
  sockets: ReadonlyMap<number, UnixSocket | undefined>,
): boolean {
  let count = 0;
  for (const socket of sockets.values()) if (socket === undefined) count += 1;
  if (count < 2) return false;
  try {
    return readlinkSync(`/proc/${living}/ns/net`) !== readlinkSync('/proc/self/ns/net');
  } catch {
    return false;
  }
}

/** The channel into this socket, whose other end is in the table, too. */
function pair(
  { first, all }: Group,
  groups: ReadonlyMap<string, Group>,
  sockets: ReadonlyMap<number, UnixSocket | undefined>,
): Omit<Channel, 'key'> | undefined {
  const { inode, link } = first;
  const socket = sockets.get(inode);
  if (socket === undefined || socket.peer === 0) return undefined;
  const { peer, type } = socket;
  // Others may send to one that is not connected to its sender.
  if (sockets.get(peer)?.peer !== inode) return undefined;
  const other = groups.get(`socket:[${peer}]`);
  if (other === undefined) return undefined;
  return {
    kind: 'socket',
    inode,
    name: link,
    reader: first.fd,
    writer: other.first.fd,
    peer,
    type,
    isAsync: isAsync([...all, ...other.all]),
    isDirect: false,
    readers: [first.fd],
    isNamed: false,
    isWatched: false,
    isBound: socket.isBound || sockets.get(peer)?.isBound === true,
  };
}

function pipeOf(
  { first, all }: Group,
  isWatched: (inode: number) => boolean,
): Omit<Channel, 'key'> | undefined {
  const isNamed = first.kind === 'path';
  const readers = all.filter(({ flags }) => (flags & O_ACCMODE) !== O_WRONLY);
  const writers = all.filter(({ flags }) => (flags & O_ACCMODE) !== 0);
  const [reader] = readers;
  const [writer] = writers;
  if (reader === undefined || writer === undefined) return undefined;
  return {
    kind: 'pipe',
    inode: first.inode,
    name: first.link,
    reader: reader.fd,
    writer: writer.fd,
    peer: first.inode,
    type: 0,
    isAsync: isAsync(all),
    isDirect: writers.some(({ flags }) => (flags & O_DIRECT) !== 0),
    readers: readers.map(({ fd }) => fd),
    isNamed,
    isWatched: isNamed && (isWatched(first.inode) || isWatched(folderOf(first.link))),
    isBound: false,
  };
}

/** Others may come to have an end of one that has a name. */
function loneEnd(all: readonly Leading[]): LoneEnd | undefined {
  const [first] = all;
  const isLone = all.every(({ kind, flags }) => kind === 'pipe' && (flags & O_ACCMODE) === 0);
  return isLone && first !== undefined ? { inode: first.inode, isAsync: isAsync(all) } : undefined;
}

/** The inode of the directory that it is in, as we see it. */
function folderOf(link: string): number {
  return statKnownLink(path.dirname(link))?.ino ?? 0;
}

function isAsync(images: readonly Leading[]): boolean {
  return images.some(({ flags }) => (flags & O_ASYNC) !== 0);
}
