/** scripts/with-setup: makes a fresh clone ready once, and then stays out of the way. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ROOT } from './source.ts';

/** A checkout with nothing in it but the script and a package without dependencies. */
function makeClone(t: TestContext): string {
  const clone = mkdtempSync(join(tmpdir(), 'belay-clone-'));
  t.after(() => rmSync(clone, { recursive: true }));
  cpSync(join(ROOT, 'scripts/with-setup'), join(clone, 'scripts/with-setup'));
  writePackage(clone, '1.0.0');
  return clone;
}

function writePackage(clone: string, version: string): void {
  const manifest = { name: 'clone', version };
  const lock = { ...manifest, lockfileVersion: 3, requires: true, packages: { '': manifest } };
  writeFileSync(join(clone, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(clone, 'package-lock.json'), JSON.stringify(lock));
}

function withSetup(clone: string, command: readonly string[], path = process.env.PATH) {
  const env = { ...process.env, PATH: path };
  const options = { encoding: 'utf8', env } as const;
  return spawnSync(join(clone, 'scripts/with-setup'), command, options);
}

test('installs the packages once, and again when the lock file changes', (t) => {
  const clone = makeClone(t);
  const first = withSetup(clone, ['true']);
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stderr, /installing node_modules/);
  assert.ok(existsSync(join(clone, 'node_modules')));
  assert.equal(withSetup(clone, ['true']).stderr, '');
  writePackage(clone, '1.0.1');
  assert.match(withSetup(clone, ['true']).stderr, /installing node_modules/);
});

test('becomes the command: its directory, output and exit status', (t) => {
  const clone = makeClone(t);
  const result = withSetup(clone, ['sh', '-c', 'pwd; exit 7']);
  assert.equal(result.status, 7);
  assert.equal(result.stdout.trim(), clone);
});

test('says which Node is needed when there is only an older one', (t) => {
  const clone = makeClone(t);
  assert.equal(withSetup(clone, ['true']).status, 0);
  const old = join(clone, 'old');
  mkdirSync(old);
  writeFileSync(join(old, 'node'), '#!/bin/sh\necho 20\n', { mode: 0o755 });
  const result = withSetup(clone, ['true'], `${old}:${process.env.PATH ?? ''}`);
  assert.equal(result.status, 1);
  assert.match(result.stderr, /needs Node\.js 24 or later, and 'node' is version 20/);
});

test('fails when the packages cannot be installed, and does not run the command', (t) => {
  const clone = makeClone(t);
  const manifest = { name: 'clone', version: '1.0.0', dependencies: { zod: '4.6.7' } };
  writeFileSync(join(clone, 'package.json'), JSON.stringify(manifest));
  const result = withSetup(clone, ['echo', 'ran']);
  assert.equal(result.status, 1);
  assert.match(result.stderr, /npm ci failed/);
  assert.equal(result.stdout, '');
});
