/**
 * One client of a supervisor's socket: its lines come in, answers and events go out.
 *
 * Requests are taken one at a time, in their order, and a client that does not read its answers is
 * not read from either: what a connection holds is bounded by what one read brings, one answer, and
 * UNREAD_EVENTS_MAX_BYTES.
 */
import type { Socket } from 'node:net';
import { LineSplitter } from '../protocol/line-splitter.ts';
import { REQUEST_LINE_MAX_BYTES, parseRequest } from '../protocol/messages.ts';
import type { Request, WireError } from '../protocol/messages.ts';

export type Answer = { readonly result: unknown } | { readonly error: WireError };

/** Chosen: more than what is read at once takes in short answers. */
const UNREAD_ANSWERS_MAX_BYTES = 64 * 1024;
/** Chosen: some 2,000 falls; a subscriber that lets more pile up does not read. */
const UNREAD_EVENTS_MAX_BYTES = 1024 * 1024;
/** Chosen: a client on the same machine reads its last lines in microseconds. */
const LINGER_MS = 500;

export interface PeerHandlers {
  /** Carries out a request other than `subscribe`; the peer asks no more until it is answered. */
  readonly ask: (peer: Peer, request: Request) => void;
  readonly onSubscribe: () => void;
  /** What happened to a peer that nobody thought of; it is let go. */
  readonly onMistake: (error: unknown) => void;
}

export class Peer {
  isSubscribed = false;
  /** When it came or last asked for something: from performance.now. */
  activeMs = performance.now();
  readonly #socket: Socket;
  readonly #handlers: PeerHandlers;
  readonly #splitter = new LineSplitter(REQUEST_LINE_MAX_BYTES);
  /** Lines read and not looked at yet. */
  #lines: string[] = [];
  #askedId: number | undefined;
  #hasEnded = false;

  constructor(socket: Socket, handlers: PeerHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    // A client that goes away in the middle is its own business.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      this.#guard(() => {
        this.#receive(chunk);
      });
    });
    socket.on('drain', () => {
      this.#guard(() => {
        this.#advance();
      });
    });
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#guard(() => {
        this.#advance();
      });
    });
  }

  get isAsking(): boolean {
    return this.#askedId !== undefined;
  }

  get unreadBytes(): number {
    return this.#socket.writableLength;
  }

  onClose(react: () => void): void {
    this.#socket.once('close', react);
  }

  /** The result of what it asked for. */
  answer(answer: Answer): void {
    const id = this.#askedId;
    if (id === undefined) return;
    this.#askedId = undefined;
    this.#guard(() => {
      this.#reply(id, answer);
      this.#advance();
    });
  }

  /** An event, encoded once for all who hear it. */
  hear(line: Buffer): void {
    this.send(line);
    if (this.unreadBytes > UNREAD_EVENTS_MAX_BYTES) this.drop();
  }

  send(line: string | Buffer): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(line);
  }

  /** Ends the connection at once: others need its place, or it does not read. */
  drop(): void {
    this.#socket.destroy();
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
    if (this.#splitter.tooLongCount > 0) {
      const message = 'cannot go on with this connection: a line is too long';
      this.#reply(0, { error: { code: 'EPROTOCOL', message } });
      void this.end();
      return;
    }
    this.#lines = this.#lines.concat(lines);
    this.#advance();
  }

  /** Takes the next lines, as long as their answers are read; reads on when there are none left. */
  #advance(): void {
    let taken = 0;
    while (taken < this.#lines.length && !this.isAsking && !this.#isFull()) {
      this.#take(this.#lines[taken++] ?? '');
    }
    this.#lines.splice(0, taken);
    if (this.#lines.length > 0 || this.#isFull()) this.#socket.pause();
    else if (!this.#hasEnded) this.#socket.resume();
    else if (!this.isAsking) void this.end();
  }

  #isFull(): boolean {
    return this.unreadBytes > UNREAD_ANSWERS_MAX_BYTES;
  }

  #take(line: string): void {
    const parsed = parseRequest(line);
    if (!parsed.ok) {
      this.#reply(parsed.id, { error: parsed.error });
      return;
    }
    const { request } = parsed;
    this.activeMs = performance.now();
    if (request.method === 'subscribe') {
      this.isSubscribed = true;
      this.#handlers.onSubscribe();
      this.#reply(request.id, { result: {} });
      return;
    }
    this.#askedId = request.id;
    this.#handlers.ask(this, request);
  }

  #reply(id: number, answer: Answer): void {
    this.send(`${JSON.stringify({ id, ...answer })}\n`);
  }

  /** A mistake of ours costs this connection, not all of them. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.drop();
      this.#handlers.onMistake(error);
    }
  }
}
