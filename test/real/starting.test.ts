/**
 * What keeps belay from starting is one line with a hint and env(1)'s exit status, never a stack
 * trace, and `belay doctor` sees it too.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { BIN_BELAY, ROOT } from '../support/paths.ts';
import { openOrdinaryCheckout, ordinaryUserPrefix } from '../support/ordinary-user.ts';
import { runProcess, type ProcessResult } from '../support/run-process.ts';
import { usePlace } from './place.ts';

const place = usePlace();
chmodSync(place, 0o755);

/** One line, and a hint. */
function assertRefused(result: ProcessResult, code: number, why: RegExp): void {
  assert.match(result.stderr, /^belay: cannot [^\n]+\nhint: [^\n]+\n$/);
  assert.match(result.stderr, why);
  assert.deepEqual([result.code, result.signal, result.stdout], [code, null, '']);
}

describe('a state directory that cannot be used', () => {
  const file = path.join(place, 'file');
  writeFileSync(file, '');
  const open = path.join(place, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  const directories: [directory: string, why: RegExp][] = [
    ['/proc/nonexistent', /no such file or directory/],
    ['relative/directory', /relative path/],
    [path.join(file, 'below'), /not a directory/],
    [file, /not a directory/],
    [open, /others can write in it/],
    [path.join(place, 'long'.repeat(100)), /name too long/],
  ];
  for (const [directory, why] of directories) {
    test(directory.replace(place, '…').slice(0, 40), async () => {
      const env = { ...process.env, BELAY_DIR: directory };
      assertRefused(await runProcess([BIN_BELAY, 'run', '--', 'echo'], { env }), 125, why);
      const doctor = await runProcess([BIN_BELAY, 'doctor'], { env });
      assert.deepEqual([doctor.code, doctor.stderr], [1, '']);
      assert.match(doctor.stdout, /^missing +directory for logs and sockets /m);
    });
  }
});

/** A checkout of which `parts` are there, in a directory of a difficult name. */
function makeCheckout(name: string, parts: readonly string[]): string {
  const root = path.join(place, name);
  mkdirSync(path.join(root, 'bin'), { recursive: true });
  cpSync(BIN_BELAY, path.join(root, 'bin/belay'));
  for (const part of parts) {
    const from = path.join(ROOT, part);
    // Packages are looked for from where a source really is.
    if (part === 'src') cpSync(from, path.join(root, part), { recursive: true });
    else symlinkSync(from, path.join(root, part));
  }
  return path.join(root, 'bin/belay');
}

const commands = [['run', '--', 'echo'], ['doctor'], ['ps']] as const;

describe('what belay itself needs', () => {
  test('is not there: Node.js', async () => {
    const belay = makeCheckout('bare', ['src']);
    for (const words of commands) {
      const result = await runProcess([belay, ...words], { env: { PATH: path.join(place, 'no') } });
      assertRefused(result, 125, /no node on the PATH/);
    }
  });

  test('is too old: Node.js', async () => {
    const belay = makeCheckout('old', ['src']);
    const bin = path.join(place, 'old/tools');
    mkdirSync(bin);
    const old =
      '#!/bin/sh\n[ "$1" = --version ] && echo v20.20.2 || { echo "$0: bad option" >&2; exit 9; }';
    writeFileSync(path.join(bin, 'node'), old, { mode: 0o755 });
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    for (const words of commands) {
      const result = await runProcess([belay, ...words], { env });
      assertRefused(result, 125, /v20\.20\.2, and 24 or later is needed/);
    }
  });

  test('is not installed: its packages', async () => {
    const belay = makeCheckout('packages', ['src', 'package.json']);
    const env = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` };
    for (const words of commands) {
      const result = await runProcess([belay, ...words], { env });
      assertRefused(
        result,
        125,
        /packages are not installed: run npm ci|packages are not installed\n/,
      );
    }
  });

  test('is not there: the sources', async () => {
    const belay = makeCheckout('torn', []);
    for (const words of commands)
      assertRefused(await runProcess([belay, ...words]), 125, /own files/);
  });
});

test('what the loader says of every program is not taken for an answer', async () => {
  const env = { ...process.env, LD_PRELOAD: '/no/such/library.so' };
  const run = (...words: string[]): Promise<ProcessResult> =>
    runProcess([BIN_BELAY, 'run', ...words], { env });
  const ours = ({ stderr }: ProcessResult): string => stderr.replace(/^ERROR: ld\.so: .+\n/gm, '');
  const help = await run('--help');
  assert.deepEqual([help.code, ours(help)], [0, '']);
  assert.match(help.stdout, /^Usage: belay run /);
  const refused = await run('--every', 'x', 'true');
  assertRefused({ ...refused, stderr: ours(refused) }, 125, /--every/);
  const none = await run('no-such-command');
  assertRefused({ ...none, stderr: ours(none) }, 127, /no such file or directory/);
});

describe('a checkout', () => {
  test('may be anywhere, and be called by links, by PATH and by any shell', async () => {
    const belay = makeCheckout(`a "b' $c\n-d\n`, ['src', 'node_modules', 'package.json']);
    const links = path.join(place, 'links');
    mkdirSync(links);
    symlinkSync(belay, path.join(links, 'far'));
    symlinkSync('far', path.join(links, 'belay'));
    const words = ['run', '--', 'sh', '-c', 'echo "$1"; exit 7', 'sh', ' a\n'];
    const env = { ...process.env, PATH: `${links}:${process.env.PATH}` };
    const relative = path.join('..', path.relative(place, belay));
    for (const call of [[belay], [relative], ['belay'], ['dash', belay], ['bash', belay]]) {
      const [first = '', ...rest] = [...call, ...words];
      const result = await runProcess([first, ...rest], { env, cwd: links });
      assert.deepEqual([result.code, result.stdout, result.stderr], [7, ' a\n\n', '']);
    }
  });
});

/** A file of the place, with a mode. */
function makeFile(name: string, content: string | Buffer, mode: number): string {
  const file = path.join(place, name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

describe('a command', () => {
  // A directory of PATH that this user may not enter would make 126 of 127, as for execvp(3).
  const env = { ...process.env, PATH: '/usr/bin:/bin' };
  const run = (command: string, ...words: string[]): Promise<ProcessResult> =>
    runProcess([BIN_BELAY, 'run', '--', command, ...words], { env });

  test('that is a directory, not executable or of 32 bits has 126', async () => {
    assertRefused(await run(place), 126, /permission denied/);
    assertRefused(await run(makeFile('plain', '', 0o644)), 126, /permission denied/);
    const elf = readFileSync('/bin/true').subarray(0, 4096);
    elf[4] = 1;
    const small = makeFile('small', elf, 0o755);
    assertRefused(await run(small), 126, /32-bit/);
    assertRefused(await run(makeFile('script', `#!${small}\n`, 0o755)), 126, /32-bit/);
  });

  test('that is not there, or whose interpreter is not, has 127', async () => {
    for (const command of ['no-such-command', path.join(place, 'none'), '']) {
      assertRefused(await run(command), 127, /no such file or directory/);
    }
    const lost = makeFile('lost', '#!/no/such/interpreter\n', 0o755);
    assertRefused(await run(lost), 127, /no such file or directory\nhint: .*interpreter/);
    assertRefused(await run('odd\x1b[2J\n'), 127, /"odd\\u001b\[2J\\n"/);
  });

  test('that has not begun is in no log', async () => {
    const env = { ...process.env, BELAY_DIR: path.join(place, 'not begun') };
    const script = makeFile('not-executable', '', 0o644);
    for (const command of ['no-such-command', script]) {
      const result = await runProcess([BIN_BELAY, 'run', '--', command], { env });
      assert.ok(result.code === 127 || result.code === 126, result.stderr);
    }
    assert.deepEqual(readdirSync(env.BELAY_DIR), []);
  });

  test('without a first line is the shell’s, as for execvp(3)', async () => {
    const script = makeFile('no-first-line', 'echo "$0 $1"; exit 6\n', 0o755);
    const result = await run(script, 'a b');
    assert.deepEqual([result.code, result.stdout, result.stderr], [6, `${script} a b\n`, '']);
  });

  test('that may be executed but not read is refused to its user', async (t) => {
    const checkout = await openOrdinaryCheckout();
    t.after(() => checkout.remove());
    const secret = makeFile('secret', readFileSync('/bin/true'), 0o111);
    const belay = [path.join(checkout.root, 'bin/belay'), 'run', '--', secret];
    const asUser = [...ordinaryUserPrefix(), ...belay];
    const ownPlace = { ...env, BELAY_DIR: '' };
    const result = await runProcess(['env', ...asUser], { cwd: '/', env: ownPlace });
    assertRefused(result, 126, /executed but not read/);
  });
});
