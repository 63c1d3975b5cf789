/** The package as it is published: it builds, and runs without the checkout's sources. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, readText } from './source.ts';

test('the published package gives the API, the calls and the command', (t) => {
  const place = mkdtempSync(join(tmpdir(), 'belay-published-'));
  t.after(() => rmSync(place, { recursive: true }));
  const installed = join(place, 'node_modules', 'belay');
  const build = [join(ROOT, 'scripts/build-package.ts'), installed];
  const built = spawnSync(process.execPath, build, { encoding: 'utf8' });
  assert.equal(built.status, 0, built.stdout);
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  writeFileSync(join(place, 'package.json'), '{}');

  const script = `
    const { run, attach } = await import('belay');
    const { tsetjmp } = await import('belay/target');
    console.log([run, attach, tsetjmp].every((entry) => typeof entry === 'function'));
  `;
  const options = { cwd: place, encoding: 'utf8' } as const;
  const flags = ['--input-type=module', '--eval', script];
  assert.equal(execFileSync(process.execPath, flags, options).trim(), 'true');

  const version = execFileSync(join(installed, 'bin/belay'), ['--version'], options);
  const { version: expected } = JSON.parse(readText('package.json')) as { version: string };
  assert.ok(version.includes(expected), version);
});
