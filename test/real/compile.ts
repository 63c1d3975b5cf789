/**
 * Compiles the C programs of this folder.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { INCLUDE } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';

const FLAGS = ['-std=gnu11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-I', INCLUDE];

/** Compiles programs/NAME.c into `directory`; the program's path. */
export async function compileProgram(name: string, directory: string): Promise<string> {
  const source = path.join(import.meta.dirname, 'programs', `${name}.c`);
  const program = path.join(directory, name);
  const result = await runProcess(['cc', ...FLAGS, '-o', program, source]);
  assert.equal(result.code, 0, result.stderr);
  return program;
}
