/**
 * The options of sockets that can be both asked for and set, by the protocols that have them.
 *
 * Those that only tell something (SO_ERROR, which is cleared by that) are not among them.
 *
 * @see https://man7.org/linux/man-pages/man7/socket.7.html
 * @see https://man7.org/linux/man-pages/man7/tcp.7.html
 * @see https://man7.org/linux/man-pages/man7/ip.7.html
 */
import type { SocketType } from './getsockopt.ts';
import { IPPROTO_TCP } from './tcp.ts';

const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IPPROTO_UDP = 17;
const AF_INET = 2;
const AF_INET6 = 10;

/** Which of the buffers' sizes are the program's choice: bits of SO_BUF_LOCK (5.14). */
export const SOCK_SNDBUF_LOCK = 1;
export const SOCK_RCVBUF_LOCK = 2;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;

const IP_OPTIONS = {
  IP_TOS: 1,
  IP_TTL: 2,
  IP_PKTINFO: 8,
  IP_MTU_DISCOVER: 10,
  IP_RECVERR: 11,
  IP_RECVTTL: 12,
  IP_RECVTOS: 13,
  IP_FREEBIND: 15,
  IP_TRANSPARENT: 19,
  IP_MULTICAST_TTL: 33,
  IP_MULTICAST_LOOP: 34,
} as const;

const IPV6_OPTIONS = {
  IPV6_UNICAST_HOPS: 16,
  IPV6_MULTICAST_HOPS: 18,
  IPV6_MULTICAST_LOOP: 19,
  IPV6_MTU_DISCOVER: 23,
  IPV6_RECVERR: 25,
  IPV6_V6ONLY: 26,
  IPV6_RECVPKTINFO: 49,
  IPV6_RECVHOPLIMIT: 51,
  IPV6_RECVTCLASS: 66,
  IPV6_TCLASS: 67,
} as const;

const TCP_OPTIONS = {
  TCP_NODELAY: 1,
  TCP_CORK: 3,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  TCP_KEEPCNT: 6,
  TCP_SYNCNT: 7,
  TCP_LINGER2: 8,
  TCP_DEFER_ACCEPT: 9,
  TCP_USER_TIMEOUT: 18,
  TCP_NOTSENT_LOWAT: 25,
} as const;

const UDP_OPTIONS = { UDP_CORK: 1, UDP_SEGMENT: 103, UDP_GRO: 104 } as const;

/** SO_PRIORITY behind what changes it: IP_TOS. */
const SOCKET_OPTIONS = {
  SO_REUSEADDR: 2,
  SO_DONTROUTE: 5,
  SO_BROADCAST: 6,
  SO_KEEPALIVE: 9,
  SO_OOBINLINE: 10,
  SO_LINGER: 13,
  SO_REUSEPORT: 15,
  SO_PASSCRED: 16,
  SO_RCVLOWAT: 18,
  SO_RCVTIMEO: 20,
  SO_SNDTIMEO: 21,
  SO_MARK: 36,
  SO_RXQ_OVFL: 40,
  SO_PEEK_OFF: 42,
  SO_BINDTOIFINDEX: 62,
  SO_PRIORITY: 12,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_BUF_LOCK: 72,
} as const;

/** All that are here, by name: to be compared with the headers. */
export const SOCKET_OPTION_NUMBERS: Readonly<Record<string, number>> = {
  ...IP_OPTIONS,
  ...IPV6_OPTIONS,
  ...TCP_OPTIONS,
  ...UDP_OPTIONS,
  ...SOCKET_OPTIONS,
};

/** struct linger, and struct timeval; all others are an int. */
const SIZES: Readonly<Record<string, number>> = { SO_LINGER: 8, SO_RCVTIMEO: 16, SO_SNDTIMEO: 16 };
const INT_SIZE = 4;

export interface SocketOption {
  readonly level: number;
  readonly number: number;
  /** As in the headers. */
  readonly name: string;
  readonly sizeBytes: number;
}

function table(level: number, numbers: Readonly<Record<string, number>>): SocketOption[] {
  return Object.entries(numbers).map(([name, number]) => {
    return { level, number, name, sizeBytes: SIZES[name] ?? INT_SIZE };
  });
}

const ofSockets = table(SOL_SOCKET, SOCKET_OPTIONS);
const ofIp = table(IPPROTO_IP, IP_OPTIONS);
const ofIpv6 = table(IPPROTO_IPV6, IPV6_OPTIONS);
const ofTcp = table(IPPROTO_TCP, TCP_OPTIONS);
const ofUdp = table(IPPROTO_UDP, UDP_OPTIONS);
const known = new Map<string, readonly SocketOption[]>();

/** In the order in which they are to be set. */
export function optionsOf({ domain, protocol }: SocketType): readonly SocketOption[] {
  const key = `${domain}/${protocol}`;
  const found = known.get(key) ?? [
    ...(domain === AF_INET || domain === AF_INET6 ? ofIp : []),
    ...(domain === AF_INET6 ? ofIpv6 : []),
    ...(protocol === IPPROTO_TCP ? ofTcp : []),
    ...(protocol === IPPROTO_UDP ? ofUdp : []),
    ...ofSockets,
  ];
  known.set(key, found);
  return found;
}
