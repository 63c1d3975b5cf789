/** Connections to other processes: those used since the point see an end, others go on. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { runBelay } from '../support/belay.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';
import { compileTarget, readTarget } from '../support/targets.ts';
import { describeTargets, describeTargetsOfOrdinaryUser } from '../support/target-suite.ts';

describeTargets('sockets');
describeTargetsOfOrdinaryUser([
  'sockets/consumed.c',
  'sockets/accepted-since.c',
  'sockets/buffers.c',
  'sockets/names.c',
]);

describe('sockets, as the log tells of them', () => {
  for (const kind of ['udp', 'tcp']) {
    test(`an error that was asked for before the point: ${kind}`, async () => {
      const program = await compileTarget(readTarget('sockets', 'error-taken-before.c'));
      const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-sockets-'));
      const env = { ...process.env, BELAY_DIR: path.join(directory, 'state') };
      try {
        const script = 'echo $$ && exec "$0" run -- "$1" "$2"';
        const result = await runProcess(['sh', '-c', script, BIN_BELAY, program, kind], { env });
        const [pid = '', end] = result.stdout.split('\n');
        assert.equal(end, 'ok', result.stderr);
        const log = await runBelay(['log', pid], { env });
        assert.match(log.stdout, /jumped back/);
        assert.doesNotMatch(log.stdout, /errors of sockets/);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
  }
});
