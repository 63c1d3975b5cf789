/** Puts names to the addresses of a fall: function, source line, and the mapping that was hit. */
import { parseMapsLine } from '../procfs/maps.ts';
import type { CodeLocation, FallRecord, GiveupRecord } from '../protocol/records.ts';
import { SymbolThread } from './symbol-thread.ts';

type Fallen = FallRecord | GiveupRecord;
type Names = Pick<Fallen, 'where' | 'unnamed'>;

/** Annotates falls; the thread that reads symbols is begun at the first one. */
export class FallAnnotator {
  readonly #symbols: SymbolThread;

  constructor(symbols = new SymbolThread()) {
    this.#symbols = symbols;
  }

  /**
   * @param fallen a record as the tracer made it
   * @param maps the text of /proc/PID/maps at the fall
   * @returns the record with `where` and `mapping`, as far as they can be told in a short time
   */
  async annotate<T extends Fallen>(fallen: T, maps: Uint8Array): Promise<T> {
    const text = Buffer.from(maps.buffer, maps.byteOffset, maps.byteLength).toString('utf8');
    const lines = text.split('\n');
    const names = await this.#locate(lines, fallen);
    const mapping = fallen.address === undefined ? undefined : findLine(lines, fallen.address);
    return { ...fallen, ...names, ...(mapping === undefined ? {} : { mapping }) };
  }

  close(): void {
    this.#symbols.close();
  }

  async #locate(lines: readonly string[], fallen: Fallen): Promise<Names> {
    const { ip, pid } = fallen;
    const line = ip === undefined ? undefined : findLine(lines, ip);
    const mapping = line === undefined ? undefined : parseMapsLine(line);
    if (ip === undefined || mapping === undefined || mapping.path === '') return {};
    const { path } = mapping;
    const address = Number(ip);
    const lookup = await this.#symbols.lookUp({ maps: [mapping], address, pid }, path);
    if (lookup.kind === 'found') return lookup.place === undefined ? {} : { where: lookup.place };
    const where: CodeLocation = { path, ...offsetOf(address - mapping.start + mapping.offset) };
    return { where, unnamed: lookup.why };
  }
}

/** Nothing, where the file's own numbers lead past what a number holds. */
function offsetOf(offset: number): { moduleOffset: number } {
  return { moduleOffset: Number.isSafeInteger(offset) ? offset : 0 };
}

/** The line whose range holds the address; compared as text, which is exact for all 64 bits. */
function findLine(lines: readonly string[], address: string): string | undefined {
  const wanted = address.slice(2).padStart(16, '0');
  return lines.find((line) => {
    const dash = line.indexOf('-');
    const space = line.indexOf(' ', dash);
    if (dash < 0 || space < 0) return false;
    const start = line.slice(0, dash).padStart(16, '0');
    const end = line.slice(dash + 1, space).padStart(16, '0');
    return start <= wanted && wanted < end;
  });
}
