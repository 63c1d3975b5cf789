/** The name of a socket that is no connection: asked for, compared, in words. */
import { AF_INET, AF_INET6, AF_UNIX, AF_VSOCK } from '../../sys/descriptor-flags.ts';
import { getPeerAddress, isListening, type SocketType } from '../../sys/getsockopt.ts';
import { getSocketAddress } from '../../sys/socket-names.ts';
import { formatAddress } from '../../sys/sockaddr.ts';
import { readTcpInfo, TCP_CLOSE, TCP_LISTEN } from '../../sys/tcp.ts';
import type { SocketImage, SocketName } from './socket-image.ts';
import { isOfStreamType, nameProtocol } from './socket-kind.ts';

const NOBODY = Buffer.alloc(0);
/** A Unix socket without a name has its family alone. */
const FAMILY_SIZE = 2;
const PORT_AT = 2;
/** In struct sockaddr_vm; one without a port has VMADDR_PORT_ANY. */
const VSOCK_PORT_AT = 4;
const VMADDR_PORT_ANY = 0xffffffff;

export function lookAtName(own: number, type: SocketType): SocketName {
  const listens = isOfStreamType(type) && isListening(own);
  return {
    own: getSocketAddress(own),
    peer: listens ? NOBODY : (getPeerAddress(own) ?? NOBODY),
    listens,
    backlog: listens ? (readTcpInfo(own)?.backlog ?? 0) : 0,
  };
}

export function isSameName(one: SocketName | undefined, other: SocketName): boolean {
  return (
    one !== undefined &&
    one.listens === other.listens &&
    one.backlog === other.backlog &&
    isSameAddress(one.own, other.own) &&
    isSameAddress(one.peer, other.peer)
  );
}

export function isSameAddress(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** It has a port, or, of Unix sockets and others, a name. */
export function isBound(address: Uint8Array): boolean {
  const bytes = Buffer.from(address);
  if (bytes.length <= FAMILY_SIZE) return false;
  const family = bytes.readUInt16LE(0);
  if (family === AF_VSOCK) return bytes.readUInt32LE(VSOCK_PORT_AT) !== VMADDR_PORT_ANY;
  const isInternet = family === AF_INET || family === AF_INET6;
  return isInternet ? bytes.readUInt16BE(PORT_AT) !== 0 : bytes.some((byte, at) => at >= 2 && byte);
}

/** Its name can be given to it, taken from it, or be another one at the next point. */
export function canChange({ kind, counts, queues }: SocketImage): boolean {
  if (kind === 'tcp') return counts?.state === TCP_CLOSE;
  return kind === 'noted' || (kind === 'stream' && queues?.isConnected === false);
}

/** It is no connection: either it can change, or it listens, and does so until that is told of. */
export function hasName(image: SocketImage): boolean {
  const { kind, counts, type } = image;
  if (kind === 'tcp' && counts?.state === TCP_LISTEN) return true;
  if (kind === 'other') return type?.domain === AF_UNIX;
  return canChange(image);
}

/** `descriptor 5 (127.0.0.1:80)`. */
export function nameWith(fd: number, address: Uint8Array, type: SocketType): string {
  return `descriptor ${fd} (${formatAddress(Buffer.from(address)) ?? nameProtocol(type)})`;
}
