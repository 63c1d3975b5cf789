/** Compiles a small C program for a test and runs it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runProcess } from './run-process.ts';

/** What the C program prints. */
export async function runC(source: string, flags: readonly string[] = []): Promise<string> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-c-'));
  try {
    const file = path.join(directory, 'program.c');
    const program = path.join(directory, 'program');
    writeFileSync(file, source);
    const built = await runProcess(['cc', '-std=gnu11', ...flags, '-o', program, file]);
    assert.equal(built.code, 0, built.stderr);
    const result = await runProcess([program]);
    assert.equal(result.code, 0, result.stderr);
    return result.stdout;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * The values of C expressions of integer type. Expressions that are single names are left out where
 * the headers do not define them as macros, unless `mustExist`.
 */
export async function evaluateC(
  headers: readonly string[],
  expressions: readonly string[],
  options: { readonly mustExist: boolean; readonly flags?: readonly string[] },
): Promise<Map<string, bigint>> {
  const lines = expressions.flatMap((expression) => {
    const print = `printf("%s\\t%lld\\n", "${expression}", (long long)(${expression}));`;
    return options.mustExist ? [print] : [`#ifdef ${expression}`, print, '#endif'];
  });
  const includes = headers.map((header) => `#include <${header}>`);
  const source = ['#define _GNU_SOURCE', ...includes, '#include <stddef.h>', '#include <stdio.h>'];
  const main = ['int main(void) {', ...lines, 'return 0;', '}', ''];
  const output = await runC([...source, ...main].join('\n'), options.flags);
  const rows = output.split('\n').filter((line) => line !== '');
  return new Map(
    rows.map((row) => {
      const [name = '', value = ''] = row.split('\t');
      return [name, BigInt(value)];
    }),
  );
}
