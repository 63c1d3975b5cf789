/**
 * `belay run` becomes the command: what exec passes on is passed on, and a shell's job control,
 * exit statuses and signals are as without belay.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';
import type { ProcessResult } from '../support/run-process.ts';
import { usePlace } from './place.ts';
import { programPath } from './program-path.ts';
import { start, until } from './started.ts';

const PYTHON = '/usr/bin/python3';
const CONTROL_C = '\x03';
const CONTROL_D = '\x04';
const CONTROL_Z = '\x1a';
const CONTROL_BACKSLASH = '\x1c';

usePlace();

/** Runs a command alone and under belay; both results. */
async function runBoth(
  prefix: readonly string[],
  command: readonly string[],
): Promise<[ProcessResult, ProcessResult]> {
  const env = { ...process.env, PARENT: String(process.pid) };
  const [first = '', ...rest] = [...prefix, ...command];
  const [other = '', ...others] = [...prefix, BIN_BELAY, 'run', '--', ...command];
  return [
    await runProcess([first, ...rest], { env }),
    await runProcess([other, ...others], { env }),
  ];
}

function parse({ stdout, stderr }: ProcessResult): Record<string, unknown> {
  assert.equal(stderr, '');
  const parsed: unknown = JSON.parse(stdout.replaceAll(/(pipe|socket):\[\d+\]/g, '$1'));
  assert(typeof parsed === 'object' && parsed !== null);
  return { ...parsed };
}

describe('what exec passes on', () => {
  const shown = [PYTHON, programPath('show-self.py'), 'an argument', '', '--last'];

  test('is passed on as it is', async () => {
    const [alone, supervised] = (await runBoth([], shown)).map(parse);
    assert.deepEqual(supervised, alone);
    assert.equal(supervised?.parent, true);
  });

  test('is passed on where it is unusual', async () => {
    const prepared = [PYTHON, programPath('prepare.py')];
    const [alone, supervised] = (await runBoth(prepared, shown)).map(parse);
    assert.deepEqual(supervised, alone);
    const { umask, niceness, environment, alarm } = supervised ?? {};
    assert.deepEqual([umask, niceness, alarm], [0o027, 5, true]);
    assert(Array.isArray(environment) && environment.includes('odd name=a\nb'));
    assert(environment.includes('bytes=\xff\xfe'));
  });

  test('exit statuses are the command’s, or env(1)’s', async () => {
    const commands = [
      ['sh', '-c', 'exit 7'],
      ['sh', '-c', 'kill -KILL $$'],
      ['sh', '-c', 'kill -SEGV $$'],
      ['/nonexistent/command'],
      ['/etc/passwd'],
      ['no-such-command-anywhere'],
    ];
    for (const command of commands) {
      const [alone, supervised] = await runBoth(['env'], command);
      assert.deepEqual([supervised.code, supervised.signal], [alone.code, alone.signal]);
    }
  });
});

/** What is typed, and what must then appear before more is. */
type Step = readonly [typed: string, appears: RegExp];

/** `run` is belay, or env(1) in its place. Marks are typed so that their echo differs. */
const steps: readonly Step[] = [
  ["run sh -c 'echo st''arted; exec sleep 100'\n", /started\r\n$/],
  [CONTROL_C, /> $/],
  ['echo status $?\n', /status 130\r\n> $/],
  ["run sh -c 'echo st''arted; exec sleep 100'\n", /started\r\n$/],
  [CONTROL_BACKSLASH, /> $/],
  ['echo status $?\n', /status 131\r\n> $/],
  ["run sh -c 'echo st''arted; exec cat'\n", /started\r\n$/],
  ['one\n', /one\r\none\r\n$/],
  [CONTROL_Z, /Stopped[^>]*> $/],
  ['echo status $?\n', /status 148\r\n> $/],
  ['jobs\n', /\[1\][^\r\n]*Stopped[^>]*> $/],
  ['fg\n', /cat[^>]*\r\n$/],
  ['two\n', /two\r\ntwo\r\n$/],
  [CONTROL_D, /> $/],
  ['echo status $?\n', /status 0\r\n> $/],
  ["run sh -c 'echo st''arted; read line; echo gone' &\n", /started\r\n/],
  ['\n', /> $/],
  ['wait; jobs\n', /\[1\][^\r\n]*Stopped[^>]*> $/],
  ['fg\n', /gone[^>]*\r\n$/],
  ['a line\n', /gone\r\n> $/],
  [
    "run sh -c 'trap \"echo hup; exit 5\" HUP; echo st''arted; while :; do sleep 0.1; done' &\n",
    /started\r\n/,
  ],
  ['kill -HUP $!; wait $!; echo status $?\n', /hup\r\n[^>]*status 5\r\n/],
  ['exit 9\n', /exit/],
];

async function playSession(shell: readonly string[], launcher: string): Promise<void> {
  const command = [PYTHON, programPath('terminal.py'), ...shell];
  const env = { ...process.env, PS1: '> ', TERM: 'dumb', ENV: '' };
  const { child, exited } = start(command, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  assert(stdin !== null && stdout !== null);
  let appeared = '';
  stdout.setEncoding('latin1').on('data', (more: string) => (appeared += more));
  await until('a prompt', () => appeared.endsWith('> '));
  for (const [typed, appears] of [[`alias run='${launcher}'\n`, /> $/] as const, ...steps]) {
    appeared = '';
    stdin.write(typed);
    await until(`${appears} after ${JSON.stringify(typed)}`, () => appears.test(appeared)).catch(
      (error: unknown) => {
        assert.fail(`${String(error)}, but ${JSON.stringify(appeared)}`);
      },
    );
  }
  assert.deepEqual(await exited, { code: 9, signal: null });
}

describe('job control', () => {
  const shells = [
    ['bash', '--norc', '--noprofile', '--noediting', '-i'],
    ['dash', '-i'],
  ] as const;
  for (const shell of shells) {
    test(`of ${shell[0]} without belay is what the next test expects`, async () => {
      await playSession(shell, 'env --');
    });
    test(`of ${shell[0]} is the same under belay`, async () => {
      await playSession(shell, `"${BIN_BELAY}" run --`);
    });
  }
});
