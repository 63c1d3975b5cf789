/** What can be done about a socket, by its protocol. */
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_UNIX,
  AF_VSOCK,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../../sys/descriptor-flags.ts';
import type { SocketType } from '../../sys/getsockopt.ts';
import { IPPROTO_TCP } from '../../sys/tcp.ts';
import type { SocketKind } from './socket-image.ts';

/** Families whose sockets are watched, whatever they do, and what they are called. */
const NAMES = new Map([
  [AF_UNIX, 'Unix'],
  [AF_NETLINK, 'netlink'],
  [AF_VSOCK, 'vsock'],
]);

export function kindOf(type: SocketType | undefined): SocketKind {
  if (type === undefined) return 'other';
  if (type.protocol === IPPROTO_TCP) return 'tcp';
  if (type.domain === AF_UNIX && isOfStreamType(type)) return 'stream';
  const isInternet = type.domain === AF_INET || type.domain === AF_INET6;
  const isDatagram = type.type === SOCK_DGRAM || type.type === SOCK_RAW;
  return NAMES.has(type.domain) || (isInternet && isDatagram) ? 'noted' : 'other';
}

export function isOfStreamType(type: SocketType | undefined): boolean {
  return type?.type === SOCK_STREAM || type?.type === SOCK_SEQPACKET;
}

/** What its protocol is called. */
export function nameProtocol({ domain, type }: SocketType): string {
  return NAMES.get(domain) ?? (type === SOCK_RAW ? 'IP' : 'UDP');
}
