/**
 * Builds the C programs of the symbol tests, and reads them with binutils: the independent referee.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SymbolMapping } from '../../src/symbols/symbolize.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');

/** Where a position-independent program is pretended to be loaded, as the kernel would. */
const PIE_BASE = 0x5555_5555_4000;
const PAGE_BYTES = 4096;

/** A folder that is removed when its scope ends. */
export function makeTemporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'belay-symbols-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function run(command: string, args: readonly string[], input = ''): string {
  const options = { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: 'pipe' } as const;
  return execFileSync(command, args, options);
}

/** Compiles the program of two units and a header to `path`. */
export function compileShapes(compiler: string, path: string, flags: readonly string[]): void {
  const sources = ['main.c', 'shapes.c'].map((name) => join(PROGRAMS, name));
  run(compiler, [...flags, '-o', path, ...sources]);
}

/** The mappings the kernel would make of `path`, taken from readelf(1). */
export function readMappings(path: string): SymbolMapping[] {
  const base = /Type:\s+DYN/.test(run('readelf', ['-h', path])) ? PIE_BASE : 0;
  const loads = run('readelf', ['-lW', path]).matchAll(
    /LOAD\s+0x([0-9a-f]+) 0x([0-9a-f]+) 0x[0-9a-f]+ 0x([0-9a-f]+)/g,
  );
  return [...loads].map(([, offset = '', address = '', fileSizeBytes = '']) => {
    const start = parseHex(address);
    const end = start + parseHex(fileSizeBytes);
    const padding = start % PAGE_BYTES;
    return {
      start: base + start - padding,
      end: base + Math.ceil(end / PAGE_BYTES) * PAGE_BYTES,
      offset: parseHex(offset) - padding,
      path,
    };
  });
}

/** The run-time address of a linked address, for the mappings of `readMappings`. */
export function getLoadBase(mappings: readonly SymbolMapping[]): number {
  return (mappings[0]?.start ?? 0) >= PIE_BASE ? PIE_BASE : 0;
}

export interface NmFunction {
  readonly address: number;
  /** 0 where the symbol table has none. */
  readonly sizeBytes: number;
  readonly name: string;
}

/** The functions that nm(1) lists, and the labels without a type among them. */
export function readNmFunctions(path: string, ...options: string[]): NmFunction[] {
  const lines = run('nm', ['--defined-only', '-f', 'sysv', ...options, path]).split('\n');
  return lines.flatMap((line) => {
    const [name = '', address = '', letter, type = '', size = '', , section = ''] = line
      .split('|')
      .map((column) => column.trim());
    // 'i' is an indirect function, as libc's memmove is.
    const isCode =
      type === 'FUNC' ||
      letter === 'i' ||
      (type === 'NOTYPE' && /^\.(text.*|init|fini)$/.test(section));
    if (!isCode) return [];
    const sizeBytes = size === '' ? 0 : parseHex(size);
    return [{ name: name.replace(/@.*/, ''), address: parseHex(address), sizeBytes }];
  });
}

/** What addr2line(1) says of each linked address: `file:line`, undefined where it knows nothing. */
export function readAddr2line(path: string, addresses: readonly number[]): (string | undefined)[] {
  const input = addresses.map((address) => `0x${address.toString(16)}\n`).join('');
  const lines = run('addr2line', ['-e', path], input).trimEnd().split('\n');
  return lines.map((line) => {
    const place = line.replace(/ \(discriminator [0-9]+\)$/, '');
    return place.startsWith('??') ? undefined : place;
  });
}

function parseHex(digits: string): number {
  return Number.parseInt(digits, 16);
}
