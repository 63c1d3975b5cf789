/** One connection to a supervisor: requests with their replies, and its events. */
import { closeSync, constants, openSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { BelayError, ERROR_CODES } from '../errors.ts';
import { LineSplitter } from '../protocol/line-splitter.ts';
import { PROTOCOL_VERSION, REPLY_LINE_MAX_BYTES, formatRequest } from '../protocol/messages.ts';
import type { Method, RequestParams } from '../protocol/messages.ts';
import { ownerOf } from '../registry/look-at.ts';
import { isAlive } from '../registry/process-identity.ts';
import type { SupervisorEvent } from '../protocol/records.ts';
import { helloSchema, serverMessageSchema } from '../protocol/server-messages.ts';
import { readEvent, type UnknownRecord } from '../protocol/unknown-record.ts';
import { SOCKET_FILE, readSupervisorFile, socketPath } from '../registry/state-files.ts';
import { assertSocket, assertSupervisor } from './check-peer.ts';
import { inWordsOf } from './words.ts';

/** Chosen: a rollback of many gigabytes, or a target in an uninterruptible wait for a slow disk. */
const REPLY_TIMEOUT_MS = 30_000;
/** Chosen: from a supervisor's first file to its socket some 100 ms, more on a busy machine. */
const CONNECT_TIMEOUT_MS = 10_000;
const CONNECT_RETRY_MS = 15;

interface Waiter {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export interface ConnectionHandlers {
  readonly onEvent?: (event: SupervisorEvent | UnknownRecord) => void;
  /** The supervisor has ended or `close` was called. */
  readonly onClose?: () => void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #handlers: ConnectionHandlers;
  readonly #splitter = new LineSplitter(REPLY_LINE_MAX_BYTES);
  readonly #waiters = new Map<number, Waiter>();
  readonly #until: number;
  /** Whose supervisor it is. */
  readonly #owner: number;
  readonly #hello = Promise.withResolvers<undefined>();
  #isGreeted = false;
  #nextId = 1;

  /**
   * Connects to the supervisor of a state directory; waits for one that is just starting.
   *
   * @param until when to give up waiting for an answer, from performance.now
   * @throws BelayError ENOTSUPERVISED when it has ended, EPERM when it is not ours to ask or
   *   another process answers, EPROTOCOL when it is of another release, ETIMEOUT
   */
  static async open(
    directory: string,
    handlers: ConnectionHandlers = {},
    until = Infinity,
  ): Promise<Connection> {
    const deadline = Math.min(performance.now() + CONNECT_TIMEOUT_MS, until);
    for (;;) {
      const socket = await tryConnect(directory);
      if (socket instanceof Error) {
        throwUnlessStarting(directory, socket, deadline);
        await sleep(CONNECT_RETRY_MS);
        continue;
      }
      const connection = new Connection(socket, handlers, until, ownerOf(directory) ?? -1);
      await connection.#greeting(deadline);
      return connection;
    }
  }

  private constructor(socket: Socket, handlers: ConnectionHandlers, until: number, owner: number) {
    this.#owner = owner;
    this.#socket = socket;
    this.#until = until;
    this.#handlers = handlers;
    // A rejected greeting is seen by whoever awaits it; nobody does once it is over.
    this.#hello.promise.catch(() => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#finish();
    });
  }

  /**
   * Asks the supervisor.
   *
   * @param schema what the result must look like
   * @throws BelayError as the supervisor answered, ETIMEOUT, ECONNLOST, EPROTOCOL
   */
  async request<Schema extends z.ZodMiniType>(
    method: Method,
    params: RequestParams,
    schema: Schema,
  ): Promise<z.infer<Schema>> {
    const result = await this.#send(method, params);
    const parsed = schema.safeParse(result);
    if (parsed.success) return parsed.data;
    throw protocolError(`its answer to '${method}' is not as expected`);
  }

  /** From now on events go to the `onEvent` handler. */
  async subscribe(): Promise<void> {
    await this.request('subscribe', {}, z.object({}));
  }

  close(): void {
    this.#socket.destroy();
  }

  async #send(method: Method, params: RequestParams): Promise<unknown> {
    if (this.#socket.destroyed) throw lostError();
    const id = this.#nextId++;
    const timeoutMs = Math.max(0, Math.min(REPLY_TIMEOUT_MS, this.#until - performance.now()));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(id);
        const seconds = Math.ceil(timeoutMs / 1000);
        const why = `no answer to '${method}' within ${seconds} s`;
        reject(new BelayError('ETIMEOUT', `cannot talk to the supervisor: ${why}`));
      }, timeoutMs);
      this.#waiters.set(id, { resolve, reject, timer });
      this.#socket.write(formatRequest({ id, method, params }));
    });
  }

  async #greeting(deadline: number): Promise<void> {
    const timeoutMs = Math.max(0, deadline - performance.now());
    const timer = setTimeout(() => {
      const message = 'cannot talk to the supervisor: it does not answer';
      this.#hello.reject(new BelayError('ETIMEOUT', message));
    }, timeoutMs);
    try {
      await this.#hello.promise;
    } catch (error) {
      this.#socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #receive(chunk: Buffer): void {
    const { tooLongCount } = this.#splitter;
    for (const line of this.#splitter.push(chunk)) this.#receiveLine(line);
    // Whose answer that was is not known; events go on.
    if (this.#splitter.tooLongCount > tooLongCount) {
      const why = `its answer has more than ${REPLY_LINE_MAX_BYTES >> 20} MB`;
      this.#rejectAll(new BelayError('EPROTOCOL', `cannot talk to the supervisor: ${why}`));
    }
  }

  #receiveLine(line: string): void {
    const message = parseJson(line);
    if (!this.#isGreeted) {
      this.#greet(message);
      return;
    }
    const parsed = serverMessageSchema.safeParse(message);
    if (!parsed.success) return;
    if ('event' in parsed.data) this.#handlers.onEvent?.(readEvent(parsed.data.event));
    else this.#settle(parsed.data);
  }

  #greet(message: unknown): void {
    this.#isGreeted = true;
    const hello = helloSchema.safeParse(message);
    if (hello.success && hello.data.belay === PROTOCOL_VERSION) {
      this.#hello.resolve(undefined);
      return;
    }
    const why = hello.success ? `it is belay ${hello.data.version}` : 'its greeting is not ours';
    this.#hello.reject(protocolError(why));
  }

  #settle(message: { id: number; result: unknown } | { id: number; error: WireError }): void {
    const waiter = this.#waiters.get(message.id);
    if (waiter === undefined) return;
    this.#waiters.delete(message.id);
    clearTimeout(waiter.timer);
    if ('error' in message) waiter.reject(toBelayError(message.error, this.#owner));
    else waiter.resolve(message.result);
  }

  #finish(): void {
    this.#hello.reject(lostError());
    this.#rejectAll(lostError());
    this.#handlers.onClose?.();
  }

  #rejectAll(error: BelayError): void {
    for (const waiter of this.#waiters.values()) {
      clearTimeout(waiter.timer);
      waiter.reject(error);
    }
    this.#waiters.clear();
  }
}

interface WireError {
  code: string;
  message: string;
  hint?: string | undefined;
}

/** @throws BelayError EPERM when it is not the supervisor of the directory that would answer */
async function tryConnect(directory: string): Promise<Socket | NodeJS.ErrnoException> {
  assertSocket(join(directory, SOCKET_FILE));
  let directoryFd: number | undefined;
  let path: string;
  try {
    path = socketPath(directory, () => {
      directoryFd = openSync(directory, constants.O_DIRECTORY | constants.O_NOFOLLOW);
      return directoryFd;
    });
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  try {
    const socket = connect(path);
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      socket.once('connect', () => {
        resolve(undefined);
      });
      socket.once('error', resolve);
    });
    if (error !== undefined) return error;
    assertSupervisor(socket, directory);
    return socket;
  } finally {
    if (directoryFd !== undefined) closeSync(directoryFd);
  }
}

/** A supervisor that runs and has no socket yet is worth waiting for. */
function throwUnlessStarting(
  directory: string,
  error: NodeJS.ErrnoException,
  deadline: number,
): void {
  const options = { cause: error };
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    const message = 'cannot talk to the supervisor: it belongs to another user';
    throw new BelayError('EPERM', message, options);
  }
  const file = readSupervisorFile(directory);
  if (file === undefined || !isAlive(file.supervisorPid, file.supervisorStartTime)) {
    const message = 'cannot talk to the supervisor: it has ended';
    throw new BelayError('ENOTSUPERVISED', message, options);
  }
  if (performance.now() < deadline) return;
  throw new BelayError('ETIMEOUT', 'cannot talk to the supervisor: it has no socket', options);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Advice is taken from one's own supervisor only. */
function toBelayError(error: WireError, owner: number): BelayError {
  const code = ERROR_CODES.find((known) => known === error.code) ?? 'EPROTOCOL';
  const isForeign = owner !== process.geteuid?.();
  const options = error.hint === undefined || isForeign ? {} : { hint: error.hint };
  return new BelayError(code, inWordsOf(owner, error.message), options);
}

function lostError(): BelayError {
  return new BelayError('ECONNLOST', 'cannot talk to the supervisor: it ended in between');
}

function protocolError(why: string): BelayError {
  return new BelayError('EPROTOCOL', `cannot talk to the supervisor: ${why}`, {
    hint: 'use the same release of belay for both',
  });
}
