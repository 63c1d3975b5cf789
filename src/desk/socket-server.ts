/**
 * Serves a supervisor's socket: greets, reads requests, sends replies, and events to subscribers.
 *
 * Only the owner of the state directory can come here: its mode is 0700. Every queue has a bound,
 * so that a client that does not read costs a bounded amount of memory and then its connection.
 */
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { LineSplitter } from '../protocol/line-splitter.ts';
import { PROTOCOL_VERSION, REQUEST_LINE_MAX_BYTES, parseRequest } from '../protocol/messages.ts';
import type { Request, WireError } from '../protocol/messages.ts';
import { SOCKET_FILE, socketPath } from '../registry/state-files.ts';
import { version } from '../options/version.ts';

/** Chosen: people and scripts, not a crowd. */
const CONNECTIONS_MAX = 64;
/** Chosen: two full lists of points; a client that lets more pile up does not read. */
const UNREAD_MAX_BYTES = 32 * 1024 * 1024;
/** Chosen: a client that asks more than this at once is not waiting for answers. */
const PENDING_MAX = 64;

export type Answer = { readonly result: unknown } | { readonly error: WireError };

export interface SocketServerOptions {
  readonly directory: string;
  /** The supervised program, for the hello. */
  readonly pid: number;
  /** Carries out a request other than `subscribe`. */
  readonly handle: (request: Request, answer: (answer: Answer) => void) => void;
  readonly onSubscribers: (count: number) => void;
}

export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #directoryFd: number | undefined;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => {
      this.#welcome(socket);
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Resolves when clients can connect; rejects when the socket cannot be made. */
  async listen(): Promise<void> {
    const { directory } = this.#options;
    removeStale(join(directory, SOCKET_FILE));
    const path = socketPath(directory, () => this.#openDirectory());
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
  }

  broadcast(event: unknown): void {
    const line = `${JSON.stringify({ event })}\n`;
    for (const connection of this.#connections) {
      if (connection.isSubscribed) connection.send(line);
    }
  }

  /** Sends what is still to be sent, says goodbye, and stops listening. */
  async close(): Promise<void> {
    const ended = [...this.#connections].map((connection) => connection.end());
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
    const connection = new Connection(socket, this.#options.handle, () => {
      this.#countSubscribers();
    });
    this.#connections.add(connection);
    socket.on('close', () => {
      this.#connections.delete(connection);
      this.#countSubscribers();
    });
    connection.send(
      `${JSON.stringify({ belay: PROTOCOL_VERSION, version, pid: this.#options.pid })}\n`,
    );
  }

  #countSubscribers(): void {
    const subscribed = [...this.#connections].filter((connection) => connection.isSubscribed);
    this.#options.onSubscribers(subscribed.length);
  }
}

class Connection {
  isSubscribed = false;
  readonly #socket: Socket;
  readonly #handle: SocketServerOptions['handle'];
  readonly #onSubscribe: () => void;
  readonly #splitter = new LineSplitter(REQUEST_LINE_MAX_BYTES);
  #pendingCount = 0;

  constructor(socket: Socket, handle: SocketServerOptions['handle'], onSubscribe: () => void) {
    this.#socket = socket;
    this.#handle = handle;
    this.#onSubscribe = onSubscribe;
    // A client that goes away in the middle is its own business.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
  }

  send(line: string): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(line);
    if (this.#socket.writableLength > UNREAD_MAX_BYTES) this.#socket.destroy();
  }

  /** Resolves when all is sent, or at the latest after LINGER_MS. */
  async end(): Promise<void> {
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.end(() => this.#socket.destroy());
    });
  }

  #receive(chunk: Buffer): void {
    const lines = this.#splitter.push(chunk);
    if (lines === undefined) {
      this.#refuseAll('a line is too long');
      return;
    }
    for (const line of lines) this.#receiveLine(line);
  }

  #receiveLine(line: string): void {
    const parsed = parseRequest(line);
    if (!parsed.ok) {
      this.#answer(parsed.id, { error: parsed.error });
      return;
    }
    const { request } = parsed;
    if (request.method === 'subscribe') {
      this.isSubscribed = true;
      this.#onSubscribe();
      this.#answer(request.id, { result: {} });
      return;
    }
    if (this.#pendingCount >= PENDING_MAX) {
      this.#refuseAll('too many requests are unanswered');
      return;
    }
    this.#pendingCount += 1;
    this.#handle(request, (answer) => {
      this.#pendingCount -= 1;
      this.#answer(request.id, answer);
    });
  }

  #answer(id: number, answer: Answer): void {
    this.send(`${JSON.stringify({ id, ...answer })}\n`);
  }

  #refuseAll(why: string): void {
    const message = `cannot go on with this connection: ${why}`;
    this.#answer(0, { error: { code: 'EPROTOCOL', message } });
    this.#socket.destroySoon();
  }
}

/** Chosen: a client on the same machine reads its last lines in microseconds. */
const LINGER_MS = 500;

/** A socket left by a supervisor that was killed; the directory is ours alone. */
function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) throw error;
  }
}
