/** A connection to a server, over which requests go one after the other. */
import { once } from 'node:events';
import net from 'node:net';
import { until } from './started.ts';

/** What a request is answered with when the server has ended the connection. */
export const END = 'end';

export class Connection {
  readonly socket: net.Socket;
  #received = '';
  #changed = new AbortController();

  static async open(port: number): Promise<Connection> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new Connection(socket.setEncoding('latin1'));
  }

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#wake();
    });
    for (const event of ['end', 'close', 'error']) socket.on(event, () => this.#wake());
  }

  /**
   * What the first group of `answer` says, which matches all of one; END: the connection has ended
   * without a byte of it.
   */
  async ask(request: string, answer: RegExp): Promise<string> {
    this.socket.write(request);
    for (;;) {
      const [, found] = answer.exec(this.#received) ?? [];
      if (found !== undefined) {
        this.#received = '';
        return found;
      }
      if (this.hasEnded) return this.#received === '' ? END : `end in ${this.#received}`;
      await once(this.#changed.signal, 'abort');
    }
  }

  get hasEnded(): boolean {
    return this.socket.readableEnded || this.socket.destroyed;
  }

  #wake(): void {
    this.#changed.abort();
    this.#changed = new AbortController();
  }
}

export async function untilListens(port: number): Promise<void> {
  await until('it listens', async () => {
    const socket = net.connect(port, '127.0.0.1');
    return once(
      socket.on('error', () => undefined),
      'connect',
    ).then(
      () => socket.destroy(),
      () => undefined,
    );
  });
}
