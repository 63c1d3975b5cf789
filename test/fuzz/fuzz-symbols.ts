/**
 * ELF files with random damage: the symbolizer answers something or nothing, but never throws,
 * never takes long, and keeps nothing of one file for the next.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createSymbolizer } from '../../src/symbols/symbolize.ts';
import { Random } from '../real/random.ts';
import { compileShapes, makeTemporaryFolder, readNmFunctions, run } from '../symbols/build.ts';

/** Of processor time. Chosen: a round takes about 1 ms; a loop that does not end takes for ever. */
const MAX_ROUND_MS = 2000;
/** Chosen: twice what is seen after a collection, which does not find all buffers at once. */
const GROWTH_MAX_MB = 200;
const CHECK_EVERY = 5000;

export const VARIANTS = {
  'DWARF 5': ['-g', '-gdwarf-5'],
  'DWARF 4': ['-g', '-gdwarf-4'],
  'DWARF of 64 bits': ['-g', '-gdwarf64'],
  compressed: ['-g', '-gz=zlib'],
};

export interface FuzzSymbolsOptions {
  /** Round n draws from `seed` + n: that alone repeats it. */
  readonly seed: number;
  readonly count: number;
  /** Names of VARIANTS. */
  readonly variants: readonly (keyof typeof VARIANTS)[];
  readonly onProgress?: (text: string) => void;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** A program whose function `area` is asked for. */
interface Sample {
  readonly name: string;
  readonly intact: Buffer;
  readonly hotRanges: readonly Range[];
  readonly fileOffset: number;
}

/** @returns how many rounds had another answer than the undamaged file has */
export async function fuzzSymbols(options: FuzzSymbolsOptions): Promise<number> {
  const { seed, count, variants, onProgress } = options;
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  const samples = variants.map((name) => buildSample(name, path));
  const before = keptMb();
  let differentCount = 0;
  for (let round = 0; round < count; round++) {
    const random = new Random(seed + round);
    const sample = samples[round % samples.length];
    assert(sample !== undefined);
    const words = `--seed ${seed + round} --count 1 --variant '${sample.name}'`;
    const about = `repeat with: npm run fuzz-symbols -- ${words}`;
    if (!isNamedAsBefore(path, sample, random, about)) differentCount++;
    if ((round + 1) % CHECK_EVERY > 0) continue;
    // Some of what zlib has is given back between two events.
    await setImmediate();
    const grownMb = keptMb() - before;
    onProgress?.(`${round + 1} files, ${differentCount} named otherwise, grown by ${grownMb} MB`);
    assert(grownMb < GROWTH_MAX_MB, `grown by ${grownMb} MB after ${round + 1} files`);
  }
  return differentCount;
}

/** What is left when what nobody needs is collected. */
function keptMb(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) >> 20;
}

export function symbolizeFile(path: string, fileOffset: number) {
  const maps = [{ start: 0, end: 2 ** 32, offset: 0, path }];
  return createSymbolizer().symbolize({ maps, address: fileOffset });
}

function buildSample(name: keyof typeof VARIANTS, path: string): Sample {
  const flags = ['-O2', '-no-pie', '-fno-PIE', '-Wl,--build-id', ...VARIANTS[name]];
  compileShapes('gcc', path, flags);
  const area = readNmFunctions(path).find((symbol) => symbol.name === 'area');
  const fileOffset = (area?.address ?? 0) - 0x400000;
  assert.equal(symbolizeFile(path, fileOffset)?.function, 'area', name);
  const intact = readFileSync(path);
  return { name, intact, hotRanges: readHotRanges(path, intact.length), fileOffset };
}

function isNamedAsBefore(path: string, sample: Sample, random: Random, about: string): boolean {
  const { intact, hotRanges, fileOffset } = sample;
  writeFileSync(path, damage(intact, hotRanges, random));
  const isAskedElsewhere = random.below(4) === 0;
  const asked = isAskedElsewhere ? random.below(intact.length) : fileOffset;
  const before = process.cpuUsage();
  let place;
  try {
    place = symbolizeFile(path, asked);
  } catch (cause) {
    throw new Error(about, { cause });
  }
  const tookMs = process.cpuUsage(before).user / 1000;
  assert(tookMs < MAX_ROUND_MS, `${tookMs.toFixed(0)} ms: ${about}`);
  assert.equal(place?.path, path, about);
  return isAskedElsewhere || (place.function === 'area' && place.line !== undefined);
}

/** The parts that are parsed: headers, symbols, names, notes, lines. Most damage goes there. */
function readHotRanges(path: string, sizeBytes: number): Range[] {
  const sections = run('readelf', ['-SW', path]).matchAll(
    /\.(?:symtab|strtab|shstrtab|debug_line|debug_line_str|note\.\S+)\s+\S+\s+\S+ (\S+) (\S+)/g,
  );
  const ranges = [...sections].map(([, offset = '', size = '']) => {
    const start = Number.parseInt(offset, 16);
    return { start, end: start + Number.parseInt(size, 16) };
  });
  assert.ok(ranges.length >= 4);
  return [{ start: 0, end: 0x300 }, { start: sizeBytes - 40 * 64, end: sizeBytes }, ...ranges];
}

/** Sets one to eight numbers of one to eight bytes to noise, to zero or to all ones. */
function damage(intact: Buffer, hotRanges: readonly Range[], random: Random): Buffer {
  const bytes = Buffer.from(intact);
  const count = 1 + random.below(8);
  for (let index = 0; index < count; index++) {
    const range = hotRanges[random.below(hotRanges.length + 1)] ?? { start: 0, end: bytes.length };
    const at = range.start + random.below(range.end - range.start);
    const lengthBytes = 2 ** random.below(4);
    const kind = random.below(3);
    for (let offset = 0; offset < lengthBytes && at + offset < bytes.length; offset++) {
      bytes[at + offset] = kind === 0 ? 0 : kind === 1 ? 0xff : random.below(256);
    }
  }
  return bytes;
}
