/** What goes through a pipe that others have an end of is told of: beforehand, and once behind. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../src/index.ts';
import { runBelay } from '../support/belay.ts';

/** A child has the reading end, and reads nothing; one more pipe is the program's alone. */
const WRITES = `
import os, time
reader, writer = os.pipe()
own = os.pipe()
if os.fork() == 0:
    time.sleep(60)
os.close(reader)
while True:
    os.write(writer, b'x')
    time.sleep(0.001)
`;

test('a pipe to a child is named', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'belay-pipes-'));
  process.env.BELAY_DIR = join(directory, 'state');
  try {
    await using program = await run('/usr/bin/python3', ['-c', WRITES], { stdio: 'ignore' });
    const env = { ...process.env };
    const words = ['show', String(program.pid)];
    let shown = '';
    for (let tries = 0; tries < 100 && !shown.includes(' is not undone'); tries += 1) {
      await program.checkpoint();
      ({ stdout: shown } = await runBelay(words, { env }));
    }
    assert.match(shown, /^! points? [\d, .]+: descriptor \d+ \(pipe:\[\d+\]\): its other end is /m);
    let logged = '';
    for (let tries = 0; tries < 100 && !logged.includes(' is not undone'); tries += 1) {
      await program.rewind();
      ({ stdout: logged } = await runBelay(['log', String(program.pid)], { env }));
    }
    for (let count = 0; count < 5; count += 1) await program.rewind();
    ({ stdout: logged } = await runBelay(['log', String(program.pid)], { env }));
    assert.equal(logged.match(/^ +! descriptor \d+ \(pipe:.* is not undone$/gm)?.length, 1, logged);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
});
