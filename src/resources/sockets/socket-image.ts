/** The sockets of the program as plain data. */
import type { SocketType } from '../../sys/getsockopt.ts';

/**
 * `tcp`: a TCP socket, whatever it does; `stream`: another that is or can be connected to another
 * process, and ended; `noted`: nothing can be ended, but it is named when something went over it;
 * `within`: its other end is the program's, too (see channels); `other`: nothing is done about it;
 * `unseen`: there was no time to look, or no right to.
 */
export type SocketKind = 'tcp' | 'stream' | 'noted' | 'within' | 'other' | 'unseen';

export interface SocketImage {
  /** The lowest number that leads to it. */
  readonly fd: number;
  /** No two sockets have one inode. */
  readonly inode: number;
  readonly kind: SocketKind;
  /** Undefined: it was not looked at. */
  readonly type: SocketType | undefined;
  /** As they were when it was looked at last. */
  readonly counts: Counts | undefined;
  /** The same, of those of which the kernel counts nothing. */
  readonly queues: Queues | undefined;
  /** Of those that are no connections, as it was asked for last. */
  readonly name: SocketName | undefined;
}

/** What a socket is called, to whom it sends, and whether it listens: see socket-name.ts. */
export interface SocketName {
  /** struct sockaddr. */
  readonly own: Uint8Array;
  /** The same; of no bytes where it is connected to nobody. */
  readonly peer: Uint8Array;
  readonly listens: boolean;
  /** Of TCP that listens: what listen(2) was told. */
  readonly backlog: number;
}

/** More than its kind is known of it. */
export function isLookedAt({ kind }: SocketImage): boolean {
  return kind === 'tcp' || kind === 'stream' || kind === 'noted';
}

/** What was asked of a socket when the point was made: see options.ts. */
export interface OptionsImage {
  readonly inode: number;
  readonly values: Uint8Array;
}

/** What has gone over a connection: differences tell what went since. */
export interface Counts {
  /** As in TCP_INFO. */
  readonly state: number;
  /** Bytes that came and were read. */
  readonly consumed: number;
  /** Bytes that were written, whether they have left or not. */
  readonly written: number;
  /** Bytes that came and were not read. */
  readonly unread: number;
  /** Bytes that were written, and that the other end has not acknowledged. */
  readonly queued: number;
  /** Of one that is no connection: an error waits to be asked for (SO_ERROR). */
  readonly hasError: boolean;
}

/** What waits in a socket, and what can be done with it. */
export interface Queues {
  readonly isConnected: boolean;
  /** Bytes; of datagrams those of the first one. */
  readonly unread: number;
  /** Memory that is taken by what was written, and not taken by the other end yet: bytes. */
  readonly queued: number;
  readonly sendBuffer: number;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  readonly hasTheirEnd: boolean;
  readonly isHungUp: boolean;
  /** An error waits to be asked for. */
  readonly hasError: boolean;
}

export interface SocketsImage {
  /** When the point was made, in ms since the machine started. */
  readonly momentMs: number;
  readonly sockets: readonly SocketImage[];
  /** Inodes of those that were looked at when the point was made, ascending. */
  readonly exact: readonly number[];
  /** Something may have come for more of them than were looked at. */
  readonly isPartial: boolean;
  /** Of as many as there was time for. */
  readonly options: readonly OptionsImage[];
  /** Inodes of those whose name may have changed before the point, and was not asked for. */
  readonly unnamed: readonly number[];
}

export function isSameCounts(one: Counts | undefined, other: Counts): boolean {
  return (
    one !== undefined &&
    one.state === other.state &&
    one.consumed === other.consumed &&
    one.written === other.written &&
    one.unread === other.unread &&
    one.queued === other.queued &&
    one.hasError === other.hasError
  );
}

/** Nothing is under way: only what comes, which is told of, or what is written changes that. */
export function isQuiet({ unread, queued }: Counts): boolean {
  return unread === 0 && queued === 0;
}
