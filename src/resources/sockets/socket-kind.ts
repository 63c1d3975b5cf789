/** What can be done about a socket, by its protocol. */
import { AF_UNIX, SOCK_SEQPACKET, SOCK_STREAM } from '../../sys/descriptor-flags.ts';
import type { SocketType } from '../../sys/getsockopt.ts';
import { IPPROTO_TCP } from '../../sys/tcp.ts';
import type { SocketKind } from './socket-image.ts';

export function kindOf(type: SocketType | undefined): SocketKind {
  if (type === undefined) return 'other';
  if (type.protocol === IPPROTO_TCP) return 'tcp';
  const isConnected = type.type === SOCK_STREAM || type.type === SOCK_SEQPACKET;
  return type.domain === AF_UNIX && isConnected ? 'stream' : 'other';
}
