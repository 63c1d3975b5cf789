/** A place that cannot be looked at is left out by name, whatever the kernel says of it. */
import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { listSupervisions } from '../../src/client/find-targets.ts';
import { lookAt, ownerOf } from '../../src/registry/look-at.ts';
import { usePlace } from '../real/place.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';

const place = usePlace();
const file = path.join(place, 'file');
writeFileSync(file, '');
const circle = path.join(place, 'circle');
symlinkSync(circle, circle);

const places: [directory: string, code: string][] = [
  [path.join(file, 'below'), 'ENOTDIR'],
  [path.join(circle, 'below'), 'ELOOP'],
  [path.join(place, 'long'.repeat(100)), 'ENAMETOOLONG'],
];

test('a fault, and not a failure', () => {
  for (const [directory, code] of places) {
    assert.deepEqual(lookAt(directory), { fault: `it cannot be looked at (${code})` });
    assert.equal(ownerOf(directory), undefined);
    const ignored: string[] = [];
    const found = listSupervisions({ uid: 0, env: { BELAY_DIR: directory } }, (...words) => {
      ignored.push(words.join(' '));
    });
    assert.deepEqual(found, []);
    assert.deepEqual(ignored, [`${directory} it cannot be looked at (${code})`]);
  }
  assert.equal(lookAt(path.join(place, 'nothing')), undefined);
  assert.equal(ownerOf(file), process.geteuid?.());
});

test('every command says so, and goes on', async () => {
  for (const [directory, code] of places) {
    const env = { ...process.env, BELAY_DIR: directory };
    for (const words of [
      ['ps'],
      ['show', 'x'],
      ['log', 'x'],
      ['checkpoint', 'x'],
      ['rewind', 'x'],
    ]) {
      const result = await runProcess([BIN_BELAY, ...words], { env });
      const [first, ...rest] = result.stderr.split('\n');
      assert.equal(first, `belay: ignored ${directory}: it cannot be looked at (${code})`);
      assert.doesNotMatch(rest.join('\n'), /mistake|\n {4}at /);
      assert.equal(result.code, words[0] === 'ps' ? 0 : 125);
    }
  }
});
