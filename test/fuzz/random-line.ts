/** Lines for a supervisor's socket, drawn at random: from requests that are right to pure noise. */
import { METHODS } from '../../src/protocol/messages.ts';
import type { Random } from '../real/random.ts';

const KEYS = [
  'id',
  'method',
  'params',
  'pid',
  'cd',
  'value',
  '__proto__',
  'constructor',
  'toString',
];
const NUMBERS = [0, -0, 1, -1, 1.5, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e308, -(2 ** 63)];
const NAMES = [...METHODS.filter((method) => method !== 'detach'), 'fly', 'STATUS', 'status ', ''];
const OBJECT_NAMES = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf'];
const CHARACTERS = ['\0', '\u0007', '\u001b', '"', '\\', '\u009b', '\u202e', '\ud800', '😀', 'A'];
const DEPTH_MAX = 4;

export class RandomLines {
  readonly #random: Random;
  readonly #pid: number;

  constructor(random: Random, pid: number) {
    this.#random = random;
    this.#pid = pid;
  }

  /** One line with its newline; there is no other in it. */
  next(): Buffer {
    return Buffer.concat([this.#withoutNewline(), Buffer.from('\n')]);
  }

  #withoutNewline(): Buffer {
    const below = (limit: number): number => this.#random.below(limit);
    switch (below(16)) {
      case 0:
        return this.#noise(below(200));
      case 1:
        return Buffer.from('['.repeat(below(4000)));
      case 2:
        return Buffer.from('{"a":'.repeat(below(800)));
      case 3:
        return Buffer.from(`{"id":1,"method":${'['.repeat(1900)}${']'.repeat(1900)}}`);
      case 4:
        return Buffer.alloc(0);
      case 5:
        return Buffer.concat([
          Buffer.from('{"id":1,"method":"'),
          this.#noise(300),
          Buffer.from('"}'),
        ]);
      case 6:
        return Buffer.from(`{"id":${'9'.repeat(below(400))},"method":"status"}\r`);
      case 7:
        return Buffer.from(['null', '"x"', '[]', '0', '1e400', 'true', '{}'][below(7)] ?? '');
      case 8:
        return Buffer.from('\xff\xfe\0'.repeat(below(100)), 'latin1');
      case 9:
        return Buffer.from(JSON.stringify({ id: below(1000), method: this.#oneOf(NAMES) }));
      default:
        return Buffer.from(JSON.stringify(this.#request()).slice(0, 4000));
    }
  }

  /** The shape of a request with any part of it wrong. */
  #request(): unknown {
    const request: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const key of ['id', 'method', 'params', '__proto__', 'extra']) {
      if (this.#random.below(5) > 0) request[key] = this.#value(0);
    }
    if (this.#random.below(2) > 0) request.id = this.#random.below(1000);
    if (this.#random.below(2) > 0) request.method = this.#oneOf([...NAMES, ...OBJECT_NAMES]);
    if (this.#random.below(2) > 0) {
      request.params = { [this.#oneOf(['pid', 'cd', 'value', 'x'])]: this.#parameter() };
    }
    return request;
  }

  #parameter(): unknown {
    return this.#oneOf([this.#pid, 0, 1, -1, 2 ** 31, 2 ** 40, 1.5, '1', null, [], {}, true]);
  }

  #value(depth: number): unknown {
    const { below } = { below: (limit: number) => this.#random.below(limit) };
    const kind = below(depth < DEPTH_MAX ? 8 : 6);
    if (kind === 0) return null;
    if (kind === 1) return below(2) === 0;
    if (kind === 2) return this.#oneOf(NUMBERS);
    if (kind === 3) return 'A'.repeat(below(3000));
    if (kind === 4) return this.#oneOf([...NAMES, ...OBJECT_NAMES]);
    const length = below(4);
    if (kind === 5) return Array.from({ length: 10 }, () => this.#oneOf(CHARACTERS)).join('');
    if (kind === 6) return Array.from({ length }, () => this.#value(depth + 1));
    const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (let count = 0; count < length; count += 1) {
      object[this.#oneOf(KEYS)] = this.#value(depth + 1);
    }
    return object;
  }

  #noise(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at += 1) {
      const byte = this.#random.below(256);
      bytes[at] = byte === 10 ? 0 : byte;
    }
    return bytes;
  }

  #oneOf<Value>(values: readonly Value[]): Value {
    const value = values[this.#random.below(values.length)];
    if (value === undefined) throw new RangeError('nothing to choose from');
    return value;
  }
}
