/** Puts names to the addresses of a fall: function, source line, and the mapping that was hit. */
import { parseMapsLine } from '../procfs/maps.ts';
import type { createSymbolizer } from '../symbols/symbolize.ts';
import type { CodeLocation, FallRecord, GiveupRecord } from '../protocol/records.ts';

type Fallen = FallRecord | GiveupRecord;
type Symbolizer = ReturnType<typeof createSymbolizer>;

/** Annotates falls; the symbol readers are loaded at the first one. */
export class FallAnnotator {
  #symbolizer: Promise<Symbolizer> | undefined;

  /**
   * @param fallen a record as the tracer made it
   * @param maps the text of /proc/PID/maps at the fall
   * @returns the record with `where` and `mapping`, as far as they can be told
   */
  async annotate<T extends Fallen>(fallen: T, maps: Uint8Array): Promise<T> {
    const text = Buffer.from(maps.buffer, maps.byteOffset, maps.byteLength).toString('utf8');
    const lines = text.split('\n');
    const where = await this.#locate(lines, fallen);
    const mapping = fallen.address === undefined ? undefined : findLine(lines, fallen.address);
    return {
      ...fallen,
      ...(where === undefined ? {} : { where }),
      ...(mapping === undefined ? {} : { mapping }),
    };
  }

  async #locate(lines: readonly string[], fallen: Fallen): Promise<CodeLocation | undefined> {
    const { ip, pid } = fallen;
    const line = ip === undefined ? undefined : findLine(lines, ip);
    const mapping = line === undefined ? undefined : parseMapsLine(line);
    if (ip === undefined || mapping === undefined) return undefined;
    this.#symbolizer ??= loadSymbolizer();
    const symbolizer = await this.#symbolizer;
    return symbolizer.symbolize({ maps: [mapping], address: Number(ip), pid });
  }
}

async function loadSymbolizer(): Promise<Symbolizer> {
  const symbols = await import('../symbols/symbolize.ts');
  return symbols.createSymbolizer();
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
