/** The demo's clients: HTTP over connections that stay open, one request at a time on each. */
import { on, once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What came of a request: a status and a body, or why there is none. */
export type Answer =
  | { readonly ok: true; readonly status: number; readonly body: string }
  | { readonly ok: false; readonly reason: string };

/** Chosen: a hundred times what a request takes on a busy machine. */
const ANSWER_TIMEOUT_MS = 5000;

/** One client: it connects when it first asks, and again when its connection was closed. */
export class Client {
  private readonly port: number;
  private socket: Socket | undefined = undefined;

  constructor(port: number) {
    this.port = port;
  }

  /** GET `path`; never rejects. */
  async get(path: string, agent: string): Promise<Answer> {
    try {
      this.socket ??= await openSocket(this.port);
      this.socket.write(`GET ${path} HTTP/1.1\r\nHost: demo\r\nUser-Agent: ${agent}\r\n\r\n`);
      return await readAnswer(this.socket);
    } catch (error) {
      this.close();
      return { ok: false, reason: describe(error) };
    }
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }
}

async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.setEncoding('latin1');
  // An error between two requests is met again at the next one.
  socket.on('error', () => undefined);
  return socket;
}

async function readAnswer(socket: Socket): Promise<Answer> {
  let text = '';
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  for await (const [chunk] of on(socket, 'data', { close: ['end', 'close'], signal })) {
    text += String(chunk);
    const answer = parseAnswer(text);
    if (answer !== undefined) return answer;
  }
  throw new Error('connection closed');
}

/** An answer, once all of it is there. */
function parseAnswer(text: string): Answer | undefined {
  const [, status, size] = /^HTTP\/1\.1 (\d+) .*\r\nContent-Length: (\d+)\r\n\r\n/.exec(text) ?? [];
  if (status === undefined || size === undefined) return undefined;
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  if (body.length < Number(size)) return undefined;
  return { ok: true, status: Number(status), body: body.trimEnd() };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error)) return error.message;
  if (error.code === 'ECONNREFUSED') return 'connection refused';
  return error.code === 'ECONNRESET' ? 'connection closed' : error.message;
}
