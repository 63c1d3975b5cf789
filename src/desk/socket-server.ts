/**
 * Serves a supervisor's socket: greets, reads requests, sends replies, and events to subscribers.
 *
 * Only the owner of the state directory, and root, can come here: its mode is 0700. Every queue has
 * a bound: what clients send, or do not read, costs a bounded amount of memory and then their
 * connection, and never somebody else's.
 */
import { chmodSync, closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { PROTOCOL_VERSION } from '../protocol/messages.ts';
import type { Request } from '../protocol/messages.ts';
import { SOCKET_FILE, socketPath } from '../registry/state-files.ts';
import { version } from '../options/version.ts';
import { Peer, type Answer, type PeerHandlers } from './peer.ts';

/** Chosen: people and scripts, not a crowd. */
const CONNECTIONS_MAX = 64;
/** Chosen: half, so that those who come to ask never compete for a place with one another only. */
const SUBSCRIBERS_MAX = CONNECTIONS_MAX / 2;
/** Chosen: four of the longest answers; beyond, whoever reads least is let go. */
const UNREAD_MAX_BYTES = 64 * 1024 * 1024;

export interface SocketServerOptions {
  readonly directory: string;
  /** The supervised program, for the hello. */
  readonly pid: number;
  /** Carries out a request other than `subscribe`; the next one comes when it is answered. */
  readonly handle: (request: Request, answer: (answer: Answer) => void) => void;
  readonly onSubscribers: (count: number) => void;
  readonly onMistake: (error: unknown) => void;
}

interface Asked {
  readonly peer: Peer;
  readonly request: Request;
}

export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #server: Server;
  readonly #peers = new Set<Peer>();
  readonly #handlers: PeerHandlers;
  /** At most one for each peer. */
  #queue: Asked[] = [];
  #isHandling = false;
  #directoryFd: number | undefined;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#handlers = {
      ask: (peer, request) => {
        this.#queue.push({ peer, request });
        this.#handleNext();
      },
      onSubscribe: () => {
        this.#limitSubscribers();
        this.#countSubscribers();
      },
      onMistake: options.onMistake,
    };
    // A client may send all it has to ask, say that it is done, and read.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#welcome(socket);
    });
  }

  /** Resolves when clients can connect; rejects when the socket cannot be made. */
  async listen(): Promise<void> {
    const { directory } = this.#options;
    removeStale(join(directory, SOCKET_FILE));
    const path = socketPath(directory, () => this.#openDirectory());
    await new Promise<void>((resolve, reject) => {
      // Later ones are of connections that could not be accepted: those clients try again.
      this.#server.on('error', reject);
      this.#server.listen(path, resolve);
    });
    chmodSync(path, 0o600);
  }

  broadcast(event: unknown): void {
    const line = Buffer.from(`${JSON.stringify({ event })}\n`);
    for (const peer of this.#peers) {
      if (peer.isSubscribed) peer.hear(line);
    }
  }

  /** Sends what is still to be sent, says goodbye, and stops listening. */
  async close(): Promise<void> {
    const error = { code: 'ECONNLOST', message: 'cannot answer: the program is let go' };
    this.#queue = [];
    for (const peer of this.#peers) peer.answer({ error });
    this.#queue = [];
    const ended = [...this.#peers].map((peer) => peer.end());
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    await Promise.all(ended);
    await closed;
    if (this.#directoryFd !== undefined) closeSync(this.#directoryFd);
  }

  #openDirectory(): number {
    this.#directoryFd ??= openSync(this.#options.directory, constants.O_DIRECTORY);
    return this.#directoryFd;
  }

  #welcome(socket: Socket): void {
    if (this.#peers.size >= CONNECTIONS_MAX) this.#makeRoom();
    const peer = new Peer(socket, this.#handlers);
    this.#peers.add(peer);
    peer.onClose(() => {
      this.#forget(peer);
    });
    peer.send(`${JSON.stringify({ belay: PROTOCOL_VERSION, version, pid: this.#options.pid })}\n`);
  }

  /** Whoever comes gets in: the one that has been idle for longest goes, subscribers last. */
  #makeRoom(): void {
    const rank = (peer: Peer): number => (peer.isAsking ? 2 : peer.isSubscribed ? 1 : 0);
    const [victim] = [...this.#peers].sort(
      (left, right) => rank(left) - rank(right) || left.activeMs - right.activeMs,
    );
    if (victim === undefined) return;
    victim.drop();
    this.#forget(victim);
  }

  #limitSubscribers(): void {
    const subscribed = [...this.#peers].filter((peer) => peer.isSubscribed);
    if (subscribed.length <= SUBSCRIBERS_MAX) return;
    const [oldest] = subscribed.sort((left, right) => left.activeMs - right.activeMs);
    oldest?.drop();
  }

  #forget(peer: Peer): void {
    this.#peers.delete(peer);
    this.#queue = this.#queue.filter((asked) => asked.peer !== peer);
    this.#countSubscribers();
  }

  /**
   * One request at a time is with the tracer: between two it sees to the program, whatever clients
   * ask for. Each client has one in the queue, so that none waits for more than the others' one.
   */
  #handleNext(): void {
    const asked = this.#isHandling ? undefined : this.#queue.shift();
    if (asked === undefined) return;
    this.#isHandling = true;
    this.#options.handle(asked.request, (answer) => {
      this.#isHandling = false;
      asked.peer.answer(answer);
      this.#dropHoarders();
      this.#handleNext();
    });
  }

  #dropHoarders(): void {
    const unread = (): number =>
      [...this.#peers].reduce((sum, { unreadBytes }) => sum + unreadBytes, 0);
    while (unread() > UNREAD_MAX_BYTES) {
      const [worst] = [...this.#peers].sort((left, right) => right.unreadBytes - left.unreadBytes);
      if (worst === undefined) return;
      worst.drop();
      this.#forget(worst);
    }
  }

  #countSubscribers(): void {
    const subscribed = [...this.#peers].filter((peer) => peer.isSubscribed);
    this.#options.onSubscribers(subscribed.length);
  }
}

/** A socket left by a supervisor that was killed; the directory is ours alone. */
function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) throw error;
  }
}
