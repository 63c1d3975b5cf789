/** `--verbose` on a standard error that nobody reads: nothing stands still for it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallerLines, startCopier } from '../../src/desk/caller-lines.ts';
import { compileProgram } from '../real/compile.ts';
import { usePlace } from '../real/place.ts';
import { belay, until } from '../real/started.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const place = usePlace();

/** A pipe with a name; the descriptors of its ends. */
function makePipe(name: string): { file: string; reading: number; writing: number } {
  const file = path.join(place, name);
  execFileSync('mkfifo', [file]);
  const reading = openSync(file, O_RDONLY | O_NONBLOCK);
  return { file, reading, writing: openSync(file, O_WRONLY) };
}

/** What is there now. */
function read(fd: number): string {
  const chunk = Buffer.alloc(1 << 20);
  try {
    return chunk.toString('utf8', 0, readSync(fd, chunk));
  } catch {
    return '';
  }
}

test('the log is complete, and belay answers', async () => {
  const falls = await compileProgram('falls', place);
  const { reading, writing, file } = makePipe('unread');
  const script = 'exec "$1" run -v -- "$2" fault 1000 2>"$3"';
  const result = await runProcess(['sh', '-c', script, 'sh', BIN_BELAY, falls, file]);
  assert.equal(result.code, 0);
  assert.match(result.stdout, /^\d+\nok\n$/);
  const lines = (await belay('log', '--json', 'falls')).trim().split('\n');
  const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
  assert.equal(types.filter((type) => type === 'fall').length, 1000);
  assert.equal(types.at(-1), 'exit');
  closeSync(writing);
  closeSync(reading);
});

test('lines that find no room are counted, and said when there is some', async () => {
  const { reading, writing } = makePipe('late');
  const lines = new CallerLines(startCopier(writing));
  closeSync(writing);
  const count = 5000;
  for (let number = 0; number < count; number += 1) lines.say(`line ${number} ${'x'.repeat(80)}`);
  let said = '';
  await until('there is room again', async () => {
    said += read(reading);
    await sleep(1);
    return lines.flush();
  });
  lines.say('the last one');
  await until('the last one is there', () => {
    said += read(reading);
    return said.endsWith('belay: the last one\n');
  });
  const whole = said.match(/^belay: line \d+ x{80}$/gm)?.length ?? 0;
  const counts = [...said.matchAll(/^belay: (\d+) lines? (?:is|are) left out here, /gm)];
  const left = counts.reduce((sum, [, number]) => sum + Number(number), 0);
  assert.equal(whole + left, count);
  assert.ok(left > 1000);
  closeSync(reading);
});

test('a long line is cut, and a reader that is gone costs the lines alone', async () => {
  const { reading, writing } = makePipe('long');
  const lines = new CallerLines(startCopier(writing));
  closeSync(writing);
  lines.say('\u{20ac}'.repeat(5000));
  let said = '';
  await until('the line is there', () => {
    said += read(reading);
    return said.endsWith('\n');
  });
  assert.match(said, /^belay: \u20ac{1200}\.\.\.\n$/);
  closeSync(reading);
  for (let number = 0; number < 5000; number += 1) lines.say(`line ${number}`);
});
