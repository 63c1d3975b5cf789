/**
 * parseCmdline and parseEnviron: exact bytes, and what a child process was really given.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseCmdline } from '../../src/procfs/cmdline.ts';
import { parseEnviron } from '../../src/procfs/environ.ts';

test('arguments keep their bytes, empty ones included', () => {
  const bytes = Buffer.from('prog\0\0a b\0\xff\xfe\0', 'latin1');
  const { raw, args } = parseCmdline(bytes);
  assert.deepEqual(args, ['prog', '', 'a b', '\ufffd\ufffd']);
  assert.deepEqual(raw[3], Buffer.from([0xff, 0xfe]));
});

test('a title without an end, and a zombie with nothing', () => {
  assert.deepEqual(parseCmdline(Buffer.from('nginx: worker')).args, ['nginx: worker']);
  assert.deepEqual(parseCmdline(Buffer.alloc(0)), { raw: [], args: [] });
});

test('variables: the first of a name counts, odd entries stay in raw', () => {
  const { raw, variables } = parseEnviron(Buffer.from('A=1\0B=x=y\0odd\0=z\0A=2\0EMPTY=\0'));
  assert.deepEqual(
    variables,
    new Map([
      ['A', '1'],
      ['B', 'x=y'],
      ['EMPTY', ''],
    ]),
  );
  assert.equal(raw.length, 6);
});

test('a child has the arguments and the environment it was given', async () => {
  const env = { PATH: process.env.PATH, BELAY_TEST: 'ümlaut and\nnewline' };
  const child = spawn('cat', ['-', '', 'no such file'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  child.stdin.write('ready');
  await once(child.stdout, 'data');
  const folder = `/proc/${(child.pid ?? 0).toString()}`;
  const cmdline = parseCmdline(readFileSync(`${folder}/cmdline`));
  const environ = parseEnviron(readFileSync(`${folder}/environ`));
  child.stdin.end();
  await closed;
  assert.deepEqual(cmdline.args, ['cat', '-', '', 'no such file']);
  assert.equal(environ.variables.get('BELAY_TEST'), env.BELAY_TEST);
});
