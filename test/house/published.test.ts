/** The package as it is published: it builds, and runs without the checkout's sources. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, listFiles, readText } from './source.ts';

let place = '';
let installed = '';
let options: { cwd: string; encoding: 'utf8'; env: NodeJS.ProcessEnv };

/** Builds and packs the package, and unpacks it where npm would: offline, ours are its packages. */
before(() => {
  place = mkdtempSync(join(tmpdir(), 'belay-published-'));
  const env = { ...process.env, BELAY_DIR: join(place, 'state') };
  options = { cwd: place, encoding: 'utf8', env };
  const [built, unpacked] = [join(place, 'built'), join(place, 'node_modules')];
  const build = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/build-package.ts'), built],
    options,
  );
  assert.equal(build.status, 0, build.stdout);
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', built], options),
  ) as [{ filename: string }];
  mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', packed.filename, '-C', unpacked], options);
  installed = join(unpacked, 'package');
  symlinkSync('package', join(unpacked, 'belay'));
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  writeFileSync(join(place, 'package.json'), '{}');
});

after(() => {
  rmSync(place, { recursive: true, force: true, maxRetries: 10 });
});

test('the published package gives the API and the calls', () => {
  const script = `
    const { run, attach } = await import('belay');
    const { tsetjmp } = await import('belay/target');
    console.log([run, attach, tsetjmp].every((entry) => typeof entry === 'function'));
    const program = await run('sh', ['-c', 'exit 3']);
    console.log((await program.exited).code);
  `;
  const flags = ['--input-type=module', '--eval', script];
  assert.equal(execFileSync(process.execPath, flags, options), 'true\n3\n');
});

test('the published command supervises a program and tells of it', () => {
  const belay = join(installed, 'bin/belay');
  const { version } = JSON.parse(readText('package.json')) as { version: string };
  assert.ok(execFileSync(belay, ['--version'], options).includes(version));
  const program = join(place, 'hello');
  const source = join(ROOT, 'examples/hello.c');
  const include = join(installed, 'include');
  execFileSync('cc', ['-g', '-I', include, '-o', program, source], options);
  const result = spawnSync(belay, ['run', '--', program], options);
  assert.deepEqual([result.status, result.stderr], [0, '']);
  const log = execFileSync(belay, ['log', 'hello'], options);
  assert.match(log, /SIGSEGV .* in \w+\+0x[0-9a-f]+ \(.*hello\.c:\d+\)/);
  assert.match(log, /ended with 0\n$/);
});

test('the published package has no sources of the checkout', () => {
  const published = new Set(
    execFileSync(
      'find',
      ['-L', '.', '-path', './node_modules', '-prune', '-o', '-type', 'f', '-print'],
      { ...options, cwd: installed },
    )
      .trim()
      .split('\n'),
  );
  for (const path of listFiles('src', (name) => name.endsWith('.ts'))) {
    assert.ok(published.has(`./${path.replace(/\.ts$/, '.js')}`), path);
    assert.ok(!published.has(`./${path}`), path);
  }
});
