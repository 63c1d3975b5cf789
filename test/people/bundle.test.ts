/** What is bundled runs only while it is of the sources as they are, and as it was made of them. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../support/paths.ts';

/** Our own are told apart from the packages, which are links. */
const TELLS_WHAT_IS_LOADED = `
  import { registerHooks } from 'node:module';
  import { writeSync } from 'node:fs';
  import { fileURLToPath } from 'node:url';
  registerHooks({
    load(url, context, next) {
      if (url.startsWith('file:')) writeSync(1, fileURLToPath(url) + '\\n');
      return next(url, context);
    },
  });`;

let place = '';
let checkout = '';
let bundle = '';

before(() => {
  place = mkdtempSync(path.join(tmpdir(), 'belay-bundle-'));
  checkout = path.join(place, 'checkout');
  bundle = path.join(checkout, 'node_modules/.cache/belay/bundle');
  for (const name of ['bin', 'scripts', 'src', 'package.json', 'package-lock.json']) {
    cpSync(path.join(ROOT, name), path.join(checkout, name), { recursive: true });
  }
  cpSync(path.join(ROOT, 'tsconfig.json'), path.join(checkout, 'tsconfig.json'));
  mkdirSync(path.join(checkout, 'node_modules'));
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
    if (name === '.cache') continue;
    const to = path.join(checkout, 'node_modules', name);
    symlinkSync(path.join(ROOT, 'node_modules', name), to);
  }
  writeFileSync(path.join(place, 'tell.mjs'), TELLS_WHAT_IS_LOADED);
});

after(() => {
  rmSync(place, { recursive: true, force: true });
});

beforeEach(async () => {
  // What has just been changed is not bundled.
  await sleep(100);
  const result = makeBundle();
  assert.deepEqual([result.status, result.stderr], [0, '']);
});

function makeBundle() {
  return spawnSync(process.execPath, [path.join(checkout, 'scripts/bundle.ts')], {
    encoding: 'utf8',
  });
}

/** Of `belay --version`: the files of the checkout that are loaded, by their paths in it. */
function listLoaded(): string[] {
  const script = readFileSync(path.join(checkout, 'bin/belay'), 'utf8');
  const telling = path.join(checkout, 'bin/telling');
  const tell = path.join(place, 'tell.mjs');
  writeFileSync(
    telling,
    script.replaceAll('"$node" --disable', `"$node" --import ${tell} --disable`),
  );
  chmodSync(telling, 0o755);
  const told = execFileSync(telling, ['--version'], { encoding: 'utf8' }).split('\n');
  return told
    .filter((line) => line.includes(checkout))
    .map((line) => line.split(checkout)[1] ?? '');
}

function assertSources(why: string): void {
  const loaded = listLoaded();
  assert.ok(loaded.includes('/src/cli/belay.ts'), `${why}: ${loaded.join(' ')}`);
  const bundled = loaded.filter((file) => /bundle\/\d/.test(file));
  assert.deepEqual(bundled, [], why);
}

function assertBundled(): void {
  const loaded = listLoaded();
  assert.ok(loaded.some((file) => /bundle\/[\d-]+\/src\/cli\/main\.js$/.test(file)));
  assert.deepEqual(
    loaded.filter((file) => file.startsWith('/src/')),
    [],
  );
}

test('what is bundled runs, and is not made twice', () => {
  assertBundled();
  const current = () => readFileSync(path.join(bundle, 'current.json'), 'utf8');
  const earlier = current();
  assert.equal(makeBundle().status, 0);
  assert.equal(current(), earlier);
});

test('a program is supervised by it, and its worker is of it', () => {
  const state = { ...process.env, BELAY_DIR: path.join(place, 'state') };
  const options = { encoding: 'utf8', env: state } as const;
  const belay = path.join(checkout, 'bin/belay');
  const run = spawnSync(belay, ['run', '--', 'sh', '-c', 'exit 3'], options);
  assert.deepEqual([run.status, run.stderr], [3, '']);
  assert.match(execFileSync(belay, ['log', 'sh'], options), /ended with 3\n$/);
});

test('called by a relative path it takes no code from elsewhere', () => {
  const state = { ...process.env, BELAY_DIR: path.join(place, 'state') };
  const tracer = "$(sed -n 's/^TracerPid:[^0-9]*//p' /proc/self/status)";
  const script = `tr '\\0' '\\n' </proc/${tracer}/environ | grep NODE_COMPILE_CACHE`;
  for (const cwd of [place, checkout, path.join(checkout, 'bin')]) {
    const belay = path.join(path.relative(cwd, checkout) || '.', 'bin/belay');
    const run = spawnSync(belay, ['run', '--', 'sh', '-c', script], {
      encoding: 'utf8',
      env: state,
      cwd,
    });
    const cache = run.stdout.trim().replace('NODE_COMPILE_CACHE=', '');
    assert.ok(path.isAbsolute(cache), `${cwd}: ${run.stdout} ${run.stderr}`);
    assert.equal(path.normalize(cache), path.dirname(bundle));
  }
});

test('an edit counts at once, though size and time are as before', () => {
  const file = path.join(checkout, 'src/cli/belay.ts');
  const { atimeMs, mtimeMs, size } = statSync(file);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('Fallback points for', 'Fallback places for'));
  utimesSync(file, atimeMs / 1000, mtimeMs / 1000);
  assert.equal(statSync(file).size, size);
  assertSources('edited');
});

test('so does a source that is renamed, and one that takes its place', () => {
  const file = path.join(checkout, 'src/cli/print.ts');
  renameSync(file, `${file}.kept`);
  writeFileSync(file, readFileSync(`${file}.kept`));
  assertSources('replaced');
});

test('nothing is loaded that was written in the place of what was made', () => {
  const [generation = ''] = readdirSync(bundle)
    .filter((name) => /^\d+-\d+$/.test(name))
    .toSorted()
    .slice(-1);
  writeFileSync(path.join(bundle, generation, 'src/launch/main.js'), 'process.exit(0);\n');
  assertSources('written over');
});

test('a list that is damaged, and a generation that is gone', () => {
  const [generation = ''] = readdirSync(bundle)
    .filter((name) => /^\d+-\d+$/.test(name))
    .toSorted()
    .slice(-1);
  rmSync(path.join(bundle, generation), { recursive: true });
  assertSources('gone');
  writeFileSync(path.join(bundle, 'current.json'), '{"generation":');
  assertSources('damaged');
});

test('what is begun is gone or empty: the sources run, and it is made anew', () => {
  const begun = path.join(bundle, 'cli/main.js');
  rmSync(begun);
  assertSources('gone');
  assert.equal(makeBundle().status, 0);
  assertBundled();
  writeFileSync(begun, '');
  assertSources('empty');
  assert.equal(makeBundle().status, 0);
  assertBundled();
});

test('a bundle that fails leaves nothing behind', () => {
  const generations = () => readdirSync(bundle).filter((name) => /^\d+-\d+$/.test(name));
  const earlier = generations();
  writeFileSync(path.join(checkout, 'src/cli/print.ts'), 'this is no TypeScript');
  assert.match(makeBundle().stderr, /the sources are not bundled/);
  assert.deepEqual(generations(), earlier);
  cpSync(path.join(ROOT, 'src/cli/print.ts'), path.join(checkout, 'src/cli/print.ts'));
});

test("a checkout may have '#', '?', '%' and a space in its path", async () => {
  const usual = checkout;
  checkout = path.join(place, 'a #b?c%41');
  renameSync(usual, checkout);
  try {
    assertBundled();
    const file = path.join(checkout, 'src/cli/belay.ts');
    writeFileSync(file, readFileSync(file));
    assertSources('edited');
  } finally {
    renameSync(checkout, usual);
    checkout = usual;
    await sleep(100);
  }
});

test('nothing is loaded from a directory in which others can write', () => {
  const cache = path.join(checkout, 'node_modules/.cache/belay');
  for (const directory of [cache, path.dirname(cache), path.join(checkout, 'node_modules')]) {
    const { mode } = statSync(directory);
    for (const more of [0o020, 0o002]) {
      chmodSync(directory, mode | more);
      assertSources(directory);
      rmSync(path.join(bundle, 'current.json'));
      const name = path.relative(checkout, directory);
      assert.match(
        makeBundle().stderr,
        new RegExp(`not used: ${name} is not yours, or others can`),
      );
    }
    chmodSync(directory, mode);
  }
  assertBundled();
});
