/** A fall is told as it was when the thread was stopped, not as the rollback has left it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/index.ts';
import { runCli } from './cli-harness.ts';

const INCLUDE = fileURLToPath(new URL('../../include', import.meta.url));
const SOURCE = fileURLToPath(new URL('./moment-program.c', import.meta.url));

let folder = '';
let base = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-moment-'));
  base = join(folder, 'state');
  process.env.BELAY_DIR = base;
});

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('the time and the name of a fall are those of its moment', async () => {
  const program = join(folder, 'moment-program');
  execFileSync('cc', [`-I${INCLUDE}`, '-o', program, SOURCE]);
  const live = await run(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
  assert(live.stdout !== null);
  live.stdin?.end();
  const [earliest = 0, latest = 0] = (await text(live.stdout)).split(' ').map(Number);
  assert.deepEqual(await live.exited, { code: 0, signal: null });
  const { stdout } = await runCli(base, 'log', live.pid.toString(), '--json');
  const records = stdout.trim().split('\n').map(parseRecord);
  const fall = records.find(({ type }) => type === 'fall');
  assert.equal(fall?.thread, 'at-the-fall');
  // A part of a millisecond is lost on the way.
  assert.ok(earliest <= fall.time && fall.time <= latest + 1, `${earliest} ${fall.time} ${latest}`);
});

interface Told {
  readonly type: string;
  readonly time: number;
  readonly thread?: string;
}

function parseRecord(line: string): Told {
  return JSON.parse(line) as Told;
}
