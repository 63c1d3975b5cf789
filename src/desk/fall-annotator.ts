/** Puts names to the addresses of a fall: function, source line, and the mapping that was hit. */
import { parseMapsLine } from '../procfs/maps.ts';
import type { CodeLocation, FallRecord, GiveupRecord } from '../protocol/records.ts';
import type { SymbolizedAddress } from '../symbols/symbolize.ts';
import { SymbolThread } from './symbol-thread.ts';

type Fallen = FallRecord | GiveupRecord;
type Names = Pick<Fallen, 'where' | 'unnamed'>;
type Added = Names & Pick<Fallen, 'mapping'>;

/**
 * Chosen: a program that falls at one place again and again is named once in so long: its log is
 * not what takes the processor from it.
 */
const AGAIN_MS = 1000;

/** A fall that was named, and with what. */
interface Known {
  readonly fallen: Fallen;
  readonly maps: Uint8Array;
  readonly added: Added;
  readonly atMs: number;
}

const NEWLINE = 0x0a;

/** Annotates falls; the thread that reads symbols is begun at the first one. */
export class FallAnnotator {
  readonly #symbols: Pick<SymbolThread, 'lookUp' | 'close'>;
  #last: Known | undefined;

  constructor(symbols: Pick<SymbolThread, 'lookUp' | 'close'> = new SymbolThread()) {
    this.#symbols = symbols;
  }

  /**
   * @param fallen a record as the tracer made it
   * @param maps the bytes of /proc/PID/maps at the fall
   * @returns the record with `where` and `mapping`, as far as they can be told in a short time
   */
  async annotate<T extends Fallen>(fallen: T, maps: Uint8Array): Promise<T> {
    const last = this.#last;
    if (last !== undefined && isAgain(last, fallen, maps)) return { ...fallen, ...last.added };
    const added = await this.#describe(fallen, maps);
    const isNamed = added.unnamed === undefined;
    this.#last = isNamed ? { fallen, maps, added, atMs: performance.now() } : undefined;
    return { ...fallen, ...added };
  }

  close(): void {
    this.#symbols.close();
  }

  async #describe(fallen: Fallen, maps: Uint8Array): Promise<Added> {
    const bytes = Buffer.from(maps.buffer, maps.byteOffset, maps.byteLength);
    const names = await this.#locate(bytes, fallen);
    const hit = fallen.address === undefined ? undefined : findLine(bytes, fallen.address);
    return hit === undefined ? names : { ...names, mapping: asText(hit) };
  }

  async #locate(maps: Buffer, { ip, pid }: Fallen): Promise<Names> {
    const line = ip === undefined ? undefined : findLine(maps, ip);
    const mapping = line === undefined ? undefined : parseMapsLine(line);
    if (ip === undefined || line === undefined || mapping === undefined) return {};
    if (mapping.path === '') return {};
    const path = asText(mapping.path);
    const offset = offsetInFile(line, ip);
    const bare = { path, moduleOffset: hex(offset) };
    // What lies above is the kernel's: its one page there is no file.
    if (!isSafe(BigInt(ip)) || !isSafe(offset)) return { where: bare };
    const exact = { ...mapping, inode: inodeOf(line) };
    const request = { maps: [exact], address: Number(ip), pid };
    const lookup = await this.#symbols.lookUp(request, mapping.path);
    if (lookup.kind === 'unnamed') return { where: bare, unnamed: lookup.why };
    return lookup.place === undefined ? {} : { where: toLocation(lookup.place) };
  }
}

function toLocation({ path, moduleOffset, ...names }: SymbolizedAddress): CodeLocation {
  return { ...names, path: asText(path), moduleOffset: hex(moduleOffset) };
}

/** The same place of the same process, in which nothing has been mapped otherwise, a moment ago. */
function isAgain({ fallen, maps, atMs }: Known, next: Fallen, nextMaps: Uint8Array): boolean {
  return (
    next.ip === fallen.ip &&
    next.address === fallen.address &&
    next.pid === fallen.pid &&
    performance.now() - atMs < AGAIN_MS &&
    Buffer.compare(maps, nextMaps) === 0
  );
}

/** From one character a byte to what people read. */
function asText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function hex(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}

function isSafe(value: bigint): boolean {
  return value <= BigInt(Number.MAX_SAFE_INTEGER);
}

/** Where in the mapped file an address is: exact for all 64 bits. */
function offsetInFile(line: string, address: string): bigint {
  const [range = '', , offset = ''] = line.split(' ', 3);
  const start = range.slice(0, range.indexOf('-'));
  return BigInt(address) - BigInt(`0x${start}`) + BigInt(`0x${offset}`);
}

function inodeOf(line: string): bigint {
  return BigInt(line.split(' ', 5)[4] ?? 0);
}

/** The line whose range holds the address, one character a byte; for all 64 bits. */
function findLine(maps: Buffer, address: string): string | undefined {
  const wanted = address.slice(2).padStart(16, '0');
  for (let start = 0; start < maps.length;) {
    const newline = maps.indexOf(NEWLINE, start);
    const end = newline < 0 ? maps.length : newline;
    const [low = '', high = ''] = readRange(maps, start, end);
    if (low <= wanted && wanted < high) return maps.toString('latin1', start, end);
    start = end + 1;
  }
  return undefined;
}

/** The first field is at most 33 bytes long. */
function readRange(maps: Buffer, start: number, end: number): string[] {
  const [range = ''] = maps.toString('latin1', start, Math.min(end, start + 34)).split(' ', 1);
  return range.split('-', 2).map((bound) => bound.padStart(16, '0'));
}
