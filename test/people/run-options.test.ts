/** The command line of `belay run` and `belay attach`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DEFAULT_SIGNALS,
  formatRunOptions,
  PEERS,
  SHARED_OFFSETS,
  parseAttachArguments,
  parseRunArguments,
} from '../../src/options/run-options.ts';
import type { RunOptions } from '../../src/options/run-options.ts';

const DEFAULTS: RunOptions = {
  on: DEFAULT_SIGNALS,
  auto: true,
  retries: 3,
  maxPoints: 4096,
  verbose: false,
};

function assertRefused(words: readonly string[], why: RegExp): void {
  const parsed = parseRunArguments(words);
  assert.equal(parsed.ok, false);
  assert.equal(parsed.exitCode, 125);
  assert.equal(parsed.stdout, '');
  assert.match(parsed.stderr, why);
  assert.match(parsed.stderr, /^belay: cannot run: .+\nhint: .+\n$/);
}

test('without options the defaults hold', () => {
  assert.deepEqual(parseRunArguments(['ls']), { ok: true, options: DEFAULTS, command: ['ls'] });
});

test("the command's own options are left alone", () => {
  for (const words of [
    ['ls', '-l', '--help'],
    ['--', '-odd', '--every'],
  ]) {
    const command = words[0] === '--' ? words.slice(1) : words;
    assert.deepEqual(parseRunArguments(words), { ok: true, options: DEFAULTS, command });
  }
});

test('every option sets its field, with = and without', () => {
  const apart = [
    '--on',
    'segv,SIGBUS',
    '--retries',
    '0',
    '--every',
    '5',
    '--max-points',
    '9',
    '--memory',
    '512m',
    '--shared-offsets',
    'rollback',
    '--peers',
    'keep',
    '--children',
    'leave',
    '-v',
  ];
  const joined = [
    '--on=segv',
    '--on=bus',
    '--retries=0',
    '--every=5',
    '--max-points=9',
    '--memory=536870912',
    '--shared-offsets=rollback',
    '--peers=keep',
    '--children=leave',
    '--verbose',
  ];
  const on = ['SIGSEGV', 'SIGBUS'];
  const options = {
    on,
    auto: false,
    retries: 0,
    every: 5,
    maxPoints: 9,
    memory: 2 ** 29,
    verbose: true,
    sharedOffsets: 'rollback',
    peers: 'keep',
    children: 'leave',
  };
  for (const words of [apart, joined]) {
    assert.deepEqual(parseRunArguments([...words, 'x']), { ok: true, options, command: ['x'] });
  }
});

test('sizes have units', () => {
  for (const [text, bytes] of [
    ['1048576', 2 ** 20],
    ['2048K', 2 ** 21],
    ['1M', 2 ** 20],
    ['3G', 3 * 2 ** 30],
    ['1t', 2 ** 40],
    ['512MB', 2 ** 29],
    ['512MiB', 2 ** 29],
  ] as const) {
    const parsed = parseRunArguments(['--memory', text, 'x']);
    assert.ok(parsed.ok, text);
    assert.equal(parsed.options.memory, bytes, text);
  }
});

test('--on none leaves tlongjmp and rewind', () => {
  const parsed = parseRunArguments(['--on', 'none', 'x']);
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.options.on, []);
});

test('what makes no sense is refused, with the reason', () => {
  assertRefused([], /no command is given/);
  assertRefused(['--'], /no command is given/);
  assertRefused(['--fly', 'x'], /'--fly' is not an option/);
  assertRefused(['--constructor', 'x'], /'--constructor' is not an option/);
  assertRefused(['--every'], /--every needs a value/);
  assertRefused(['--every', '0', 'x'], /--every must be a whole number from 1/);
  assertRefused(['--every=1.5', 'x'], /not '1.5'/);
  assertRefused(['--retries=-1', 'x'], /--retries must be a whole number/);
  assertRefused(['--retries=99999999999999999999', 'x'], /--retries must be/);
  assertRefused(['--max-points=0', 'x'], /--max-points must be/);
  for (const size of ['', '512', '0', '-1M', '1.5G', '2X', 'G', '2048T', '99999999999999999']) {
    assertRefused(
      [`--memory=${size}`, 'x'],
      /--memory must be a size from 1M to 1024T, such as 512M/,
    );
  }
  assertRefused(['--on', 'SEGV,FOO', 'x'], /'FOO' is not a signal's name/);
  assertRefused(['--on=kill', 'x'], /SIGKILL cannot be held back/);
  assertRefused(['--peers=shut', 'x'], /--peers must be close or keep, not 'shut'/);
  assertRefused(['--children=kill', 'x'], /--children must be keep or leave, not 'kill'/);
  assertRefused(['--shared-offsets'], /--shared-offsets needs a value/);
  assertRefused(['--shared-offsets=', 'x'], /--shared-offsets must be keep or rollback, not ''/);
  assertRefused(['--shared-offsets', 'x', 'y'], /must be keep or rollback, not 'x'/);
  assertRefused(['--rewind-output', 'x'], /'--rewind-output' is not an option/);
  assertRefused(['--on=', 'x'], /'' is not a signal's name/);
});

test('--help and --version go to stdout with exit code 0', () => {
  for (const word of ['-h', '--help', '-V', '--version']) {
    const parsed = parseRunArguments([word, 'ignored']);
    assert.equal(parsed.ok, false);
    assert.equal(parsed.exitCode, 0);
    assert.equal(parsed.stderr, '');
    assert.match(parsed.stdout, word.toLowerCase().includes('h') ? /Usage: belay run/ : /^\d+\./);
  }
});

test('attach takes a pid, with options before and after it', () => {
  for (const words of [
    ['--every=5', '12'],
    ['12', '--every', '5'],
  ]) {
    const options = { ...DEFAULTS, every: 5 };
    assert.deepEqual(parseAttachArguments(words), { ok: true, options, pid: 12 });
  }
  const options = { ...DEFAULTS, noChildren: true };
  assert.deepEqual(parseAttachArguments(['12', '--no-children']), { ok: true, options, pid: 12 });
  assertRefused(['--no-children', 'x'], /'--no-children' is not an option/);
  for (const words of [[], ['x'], ['0'], ['1', '2'], ['-5'], ['12', '--fly']]) {
    assert.equal(parseAttachArguments(words).ok, false, words.join(' '));
  }
});

test('options survive being written as words and read again', () => {
  const options = fc.record(
    {
      on: fc.uniqueArray(fc.constantFrom(...DEFAULT_SIGNALS, 'SIGUSR1')),
      auto: fc.constant(false),
      retries: fc.nat(1000),
      every: fc.integer({ min: 1, max: 86_400_000 }),
      maxPoints: fc.integer({ min: 1, max: 1_000_000 }),
      memory: fc.integer({ min: 2 ** 20, max: 2 ** 50 }),
      verbose: fc.boolean(),
      sharedOffsets: fc.constantFrom(...SHARED_OFFSETS),
      peers: fc.constantFrom(...PEERS),
    },
    { requiredKeys: ['on', 'auto', 'retries', 'maxPoints', 'verbose'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(options, (known) => {
      const parsed = parseRunArguments([...formatRunOptions(known), '--', 'x']);
      assert.deepEqual(parsed, { ok: true, options: known, command: ['x'] });
    }),
  );
});

test('no words make the parser throw', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      parseRunArguments(words);
      parseAttachArguments(words);
    }),
  );
});

test('auto is the seven signals with their handlers first, and goes with no other names', () => {
  assert.deepEqual(parseRunArguments(['--on=auto', 'x']), parseRunArguments(['x']));
  const last = parseRunArguments(['--on=auto', '--on=bus', 'x']);
  assert.ok(last.ok);
  assert.deepEqual([last.options.on, last.options.auto], [['SIGBUS'], false]);
});
