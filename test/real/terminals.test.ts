/** Interpreters on a terminal: back at their prompt, they read and echo what is typed as before. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';
import { programPath } from './program-path.ts';

const PYTHON = '/usr/bin/python3';

const SCENES = [
  ['shell', 'bash', '--norc', '--noprofile', '-i'],
  ['shell', 'dash', '-i'],
  ['python', PYTHON, '-i'],
] as const;

describe('at the prompt of', () => {
  for (const [scene, ...command] of SCENES) {
    test(command.join(' '), async () => {
      const script = programPath('at-prompt.py');
      const { code, stderr } = await runProcess([PYTHON, script, BIN_BELAY, scene, ...command]);
      assert.deepEqual([code, stderr], [7, '']);
    });
  }
});
