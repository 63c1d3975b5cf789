/**
 * TCP_INFO: what the kernel has counted of a connection.
 *
 * @see https://man7.org/linux/man-pages/man7/tcp.7.html
 */
import { getOptionBytes } from './getsockopt.ts';
import { NativeBuffer } from './libc.ts';

export const IPPROTO_TCP = 6;
const TCP_INFO = 11;

/** States, as in `tcpi_state`: include/net/tcp_states.h. */
export const TCP_SYN_SENT = 2;
export const TCP_SYN_RECV = 3;
export const TCP_TIME_WAIT = 6;
export const TCP_CLOSE = 7;
export const TCP_CLOSE_WAIT = 8;
export const TCP_LAST_ACK = 9;
export const TCP_LISTEN = 10;
export const TCP_CLOSING = 11;

/** struct tcp_info up to what is used; later kernels append. */
const TCP_INFO_SIZE = 152;
const UNACKED = 24;
const SACKED = 28;
const LAST_DATA_SENT = 44;
const LAST_DATA_RECV = 52;
const BYTES_ACKED = 120;
const BYTES_RECEIVED = 128;
const NOTSENT_BYTES = 144;

export interface TcpInfo {
  readonly state: number;
  /** How long ago a segment with data came, to some ms; and went out. */
  readonly lastReceivedMs: number;
  readonly lastSentMs: number;
  /** In sequence, an end of the stream included, whether read or not. */
  readonly bytesReceived: number;
  readonly bytesAcked: number;
  /** Written, and not on its way yet. */
  readonly bytesNotSent: number;
  /** Segments on their way; of one that listens, connections that wait to be accepted. */
  readonly unacknowledged: number;
  /** Of one that listens: what listen(2) was told, as far as it is allowed. */
  readonly backlog: number;
}

const info = new NativeBuffer(TCP_INFO_SIZE);

/** `getsockopt(fd, IPPROTO_TCP, TCP_INFO)`; undefined: not TCP, or an older kernel than 4.1. */
export function readTcpInfo(fd: number): TcpInfo | undefined {
  const sizeBytes = getOptionBytes(fd, IPPROTO_TCP, TCP_INFO, info);
  if (sizeBytes < NOTSENT_BYTES) return undefined;
  const { bytes } = info;
  return {
    state: bytes.readUInt8(0),
    lastReceivedMs: bytes.readUInt32LE(LAST_DATA_RECV),
    lastSentMs: bytes.readUInt32LE(LAST_DATA_SENT),
    bytesReceived: info.getUint64(BYTES_RECEIVED),
    bytesAcked: info.getUint64(BYTES_ACKED),
    bytesNotSent: bytes.readUInt32LE(NOTSENT_BYTES),
    unacknowledged: bytes.readUInt32LE(UNACKED),
    backlog: bytes.readUInt32LE(SACKED),
  };
}
