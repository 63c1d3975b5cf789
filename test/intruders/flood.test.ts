/** Names that somebody makes by the thousand hide nobody's programs. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { listBases, readBaseDirectories, type Place } from '../../src/registry/all-bases.ts';
import { usePlace } from '../real/place.ts';

const parent = path.join(usePlace(), 'tmp');
const ownUid = process.geteuid?.() ?? 0;
const pathOf = (uid: number): string => path.join(parent, `belay-${uid}`);
const place: Place = { parent, wanted: /^belay-(0|[1-9]\d{0,9})$/, pathOf, ownOf: pathOf };

test('only what belongs to the user it names counts', () => {
  mkdirSync(parent);
  for (let other = 1; other <= 300; other += 1) mkdirSync(pathOf(ownUid + other));
  mkdirSync(pathOf(ownUid));
  const leftOut: string[] = [];
  const leaveOut = (where: string, why: string): void => void leftOut.push(`${where}: ${why}`);
  const [first, ...others] = listBases(place, leaveOut);
  assert.deepEqual(first, { path: pathOf(ownUid), uid: ownUid });
  assert.equal(others.length, 16);
  assert.deepEqual(leftOut, []);
  listBases(place, leaveOut, 1);
  assert.deepEqual(leftOut, [`${parent}: it has too many names; some are not looked at`]);
});

test('whoever runs something is looked at by root, named in /tmp or not', () => {
  const paths = readBaseDirectories({ uid: 0, env: {} }).map((base) => base.path);
  assert.equal(paths[0], '/run/belay');
  assert.ok(paths.includes(`/tmp/belay-${ownUid}`));
  assert.ok(paths.includes(`/run/user/${ownUid}/belay`));
  assert.equal(new Set(paths).size, paths.length);
});
