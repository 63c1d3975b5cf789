/**
 * Has sockets that are no connections be called again what they were called at the point, connected
 * to whom they were, and listen or not, through copies of ours.
 *
 * The kernel takes a port away only where it has chosen it. What was bound to one that was asked
 * for, or to a path or name of unix(7), stays so: it is named. So is a socket of unix(7) that
 * listens: nothing could have it listen again.
 *
 * Source: tcp_disconnect and tcp_set_state of net/ipv4/tcp.c, __udp_disconnect of net/ipv4/udp.c,
 * __inet_bind of net/ipv4/af_inet.c, unix_dgram_connect of net/unix/af_unix.c.
 */
import { constants } from 'node:os';
import { AF_INET, AF_INET6, AF_UNIX, SOCK_RAW } from '../../sys/descriptor-flags.ts';
import type { SocketType } from '../../sys/getsockopt.ts';
import { pollNow } from '../../sys/poll.ts';
import { disconnect } from '../../sys/shutdown.ts';
import {
  bindSocket,
  bindWithoutPort,
  connectSocket,
  disconnectOnDevice,
  getSocketAddress,
  isPortShared,
  listenOn,
} from '../../sys/socket-names.ts';
import { readTcpInfo, TCP_LISTEN } from '../../sys/tcp.ts';
import type { Copies } from '../copies.ts';
import { LOST, type Named } from '../resource.ts';
import { enumerate } from './enumerate.ts';
import type { SharedSockets } from './shared-sockets.ts';
import type { SocketImage, SocketName, SocketsImage } from './socket-image.ts';
import { isBound, isSameAddress, isSameName, lookAtName, nameWith } from './socket-name.ts';
import type { SocketTable } from './socket-table.ts';

const { EINVAL } = constants.errno;

/** A socket of the point that is still there. */
interface Known {
  readonly fd: number;
  readonly was: SocketImage;
  readonly name: SocketName;
  readonly type: SocketType;
}

export class NamesPutBack {
  private readonly copies: Copies;
  private readonly shared: SharedSockets;
  /** Connections are left as they are: so are those who wait to be accepted. */
  private readonly keepsPeers: boolean;
  private readonly bound: string[] = [];
  private readonly unbound: string[] = [];
  private readonly connected: string[] = [];
  private readonly listening: string[] = [];
  private readonly deaf: string[] = [];
  private readonly refused: string[] = [];
  private readonly unsure: string[] = [];

  constructor(copies: Copies, shared: SharedSockets, keepsPeers: boolean) {
    this.copies = copies;
    this.shared = shared;
    this.keepsPeers = keepsPeers;
  }

  run({ sockets, unnamed }: SocketsImage, now: SocketTable): Named[] {
    const unasked = new Set(unnamed);
    for (const was of sockets) {
      const fd = now.get(was.inode)?.fd;
      const { name, type, inode } = was;
      if (fd === undefined || name === undefined || type === undefined) continue;
      const socket = { fd, was, name, type };
      this.copies.use(fd, (own) => {
        this.settle(own, socket, !unasked.has(inode));
      });
    }
    return this.report();
  }

  private settle(own: number, socket: Known, isSure: boolean): void {
    const { fd, was, name, type } = socket;
    const now = lookAtName(own, type);
    if (isSameName(name, now) || isOfConnection(was, now)) return;
    if (!isSure) {
      this.unsure.push(nameWith(fd, now.own, type));
      return;
    }
    const isLeft = this.keepsPeers || this.shared.ownerOf(was.inode) !== undefined;
    if (!isLeft) this.putBack(own, socket, now);
    this.compare(socket, lookAtName(own, type));
  }

  private putBack(own: number, socket: Known, now: SocketName): void {
    const { fd, was, name, type } = socket;
    if (type.domain === AF_UNIX) {
      connectUnixTo(own, name, now);
    } else if (was.kind === 'tcp') {
      const waiting = now.listens ? countWaiting(own) : 0;
      if (!putTcpBack(own, name, now)) this.unbound.push(nameWith(fd, name.own, type));
      if (waiting > 0 && !lookAtName(own, type).listens) {
        this.refused.push(`${nameWith(fd, now.own, type)}: ${waiting}`);
      }
    } else if (type.domain === AF_INET || type.domain === AF_INET6) {
      connectTo(own, name, type.type === SOCK_RAW);
    }
  }

  private compare({ fd, name, type }: Known, now: SocketName): void {
    if (now.listens && !name.listens) this.listening.push(nameWith(fd, now.own, type));
    else if (now.listens !== name.listens) this.deaf.push(nameWith(fd, name.own, type));
    if (!isSameAddress(now.own, name.own)) {
      const isLost = isBound(name.own);
      (isLost ? this.unbound : this.bound).push(nameWith(fd, isLost ? name.own : now.own, type));
    }
    if (!isSameAddress(now.peer, name.peer)) {
      this.connected.push(
        now.peer.length > 0 ? nameWith(fd, now.peer, type) : `descriptor ${fd} (to nobody)`,
      );
    }
  }

  private report(): Named[] {
    const bit = LOST.peers;
    const tell = (list: readonly string[], text: string): Named[] =>
      list.length > 0 ? [{ bit, text: `${text}: ${enumerate(list)}` }] : [];
    return [
      ...tell(this.bound, 'sockets that were bound since the point stay so'),
      ...tell(this.unbound, 'sockets have lost the name they had at the point'),
      ...tell(this.connected, 'sockets that were connected elsewhere since the point stay so'),
      ...tell(this.listening, 'sockets that began to listen since the point go on listening'),
      ...tell(this.deaf, 'sockets that listened at the point do so no more'),
      ...tell(this.refused, 'sockets listen no more; connections that waited are refused'),
      ...tell(this.unsure, 'whether sockets were bound or connected since is not known').map(
        (named): Named => ({ ...named, isGuess: true }),
      ),
    ];
  }
}

/** It was connected since, and is still: that is told of by who ends connections. */
function isOfConnection({ kind }: SocketImage, { peer }: SocketName): boolean {
  return kind !== 'noted' && peer.length > 0;
}

function countWaiting(own: number): number {
  const info = readTcpInfo(own);
  return info?.state === TCP_LISTEN ? info.unacknowledged : 0;
}

/** Of TCP that is not connected. False: it has no port any more, though the kernel may tell it. */
function putTcpBack(own: number, name: SocketName, now: SocketName): boolean {
  // Also what is left of a connection that was made since, and reset.
  if (!name.listens) disconnect(own);
  if (!isBound(name.own)) {
    putAddressBack(own, name.own, false);
    if (isBound(getSocketAddress(own)) && leavePort(own)) putAddressBack(own, name.own, false);
    return true;
  }
  // It is refused where it has one.
  if (![0, -EINVAL].includes(bindSocket(own, name.own))) return false;
  if (name.listens && !now.listens) listenOn(own, name.backlog);
  return true;
}

/** The kernel takes it from one that has listened. Where others have the port this touches them. */
function leavePort(own: number): boolean {
  return !isPortShared(own) && listenOn(own, 0) && disconnect(own);
}

/** Of UDP and the like. */
function connectTo(own: number, name: SocketName, isRaw: boolean): void {
  const hasPeer = name.peer.length > 0;
  const isSame = isSameAddress(getSocketAddress(own), name.own);
  // From one peer to the next it keeps its port.
  if (!hasPeer || !isSame) {
    disconnectOnDevice(own);
    putAddressBack(own, name.own, isRaw);
  }
  if (hasPeer) connectSocket(own, name.peer);
}

/** @param isAlways it has no port, and can be bound at any time */
function putAddressBack(own: number, wanted: Uint8Array, isAlways: boolean): void {
  if (isSameAddress(getSocketAddress(own), wanted)) return;
  if (isAlways || isBound(wanted)) bindSocket(own, wanted);
  else bindWithoutPort(own, wanted);
}

/** What is unread in one that is taken from its peer is thrown away: such a one is left. */
function connectUnixTo(own: number, name: SocketName, now: SocketName): void {
  if (isSameAddress(name.peer, now.peer) || pollNow(own).isReadable) return;
  if (name.peer.length === 0) disconnect(own);
  // A path may lead elsewhere from here.
  else if (isAbstract(name.peer)) connectSocket(own, name.peer);
}

function isAbstract(peer: Uint8Array): boolean {
  return peer.length > 2 && peer[2] === 0;
}
