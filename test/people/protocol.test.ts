/** Messages, records and the files of a state directory, for all inputs that can be thought of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeControls } from '../../src/plain-text.ts';
import { LineSplitter } from '../../src/protocol/line-splitter.ts';
import { METHODS, formatRequest, parseRequest } from '../../src/protocol/messages.ts';
import {
  fallRecordSchema,
  logRecordSchema,
  supervisorEventSchema,
} from '../../src/protocol/records.ts';
import { decodeRollbackState, encodeRollbackState } from '../../src/registry/rollback-state.ts';
import { formatLogRecord } from '../../src/cli/format-log.ts';
import { readEvent, readLogLine } from '../../src/protocol/unknown-record.ts';
import { serverMessageSchema } from '../../src/protocol/server-messages.ts';

type Json = Readonly<Record<string, unknown>>;

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const positive = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const count = fc.nat();

const hexAddress = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((value) => `0x${value.toString(16)}`);

const fall = fc.record(
  {
    type: fc.constant('fall' as const),
    time: fc.nat(Number.MAX_SAFE_INTEGER),
    pid: positive,
    tid: positive,
    thread: fc.string(),
    cause: fc.constantFrom('signal', 'longjmp', 'operator'),
    signal: fc.constantFrom('SIGSEGV', 'SIGBUS'),
    signo: int32,
    code: int32,
    codeName: fc.string(),
    address: hexAddress,
    ip: fc.nat().map((value) => `0x${value.toString(16)}`),
    value: int32,
    cd: positive,
    rollbacks: count,
    pagesRestored: count,
    pagesDropped: count,
    mappingsRestored: count,
    threadsEnded: count,
    threadsRecreated: count,
    descriptorsClosed: count,
    us: fc.double({ min: 0, max: 1e9, noNaN: true }),
    warnings: fc.array(fc.string()),
    mapping: fc.string(),
    where: fc.record(
      {
        function: fc.string(),
        offset: count,
        file: fc.string(),
        line: count,
        path: fc.string(),
        moduleOffset: hexAddress,
      },
      { requiredKeys: ['path', 'moduleOffset'] },
    ),
  },
  {
    requiredKeys: [
      'type',
      'time',
      'pid',
      'tid',
      'thread',
      'cause',
      'cd',
      'rollbacks',
      'pagesRestored',
      'pagesDropped',
      'mappingsRestored',
      'threadsEnded',
      'threadsRecreated',
      'descriptorsClosed',
      'us',
      'warnings',
    ],
  },
);

test('a fall survives the wire, the event stream and the log unchanged', () => {
  fc.assert(
    fc.property(fall, (record) => {
      const wired: unknown = JSON.parse(JSON.stringify(record));
      assert.deepEqual(fallRecordSchema.parse(wired), wired);
      assert.deepEqual(supervisorEventSchema.parse(wired), wired);
      assert.deepEqual(logRecordSchema.parse(wired), wired);
      assert.deepEqual(serverMessageSchema.parse({ event: wired }), { event: wired });
    }),
  );
});

test('a fall that lacks a field, or has a wrong one, is refused', () => {
  const wrong = { cd: 0, us: -1, address: '8', pid: 1.5, warnings: 'none', cause: 'boredom' };
  fc.assert(
    fc.property(fall, (record) => {
      for (const [name, value] of Object.entries(wrong)) {
        const spoilt: Record<string, unknown> = { ...record, [name]: value };
        assert.equal(fallRecordSchema.safeParse(spoilt).success, false, name);
      }
      const { cd: _, ...incomplete } = record;
      assert.equal(fallRecordSchema.safeParse(incomplete).success, false);
    }),
    { numRuns: 20 },
  );
});

test('every request that can be made is understood as it was meant', () => {
  const request = fc.record(
    { id: fc.nat(), method: fc.constantFrom(...METHODS) },
    { noNullPrototype: true },
  );
  const params = fc.record(
    { pid: positive, cd: positive, value: int32 },
    { requiredKeys: [], noNullPrototype: true },
  );
  fc.assert(
    fc.property(request, params, (bare, all) => {
      const { pid } = all;
      const taken = bare.method === 'points' || bare.method === 'checkpoint';
      const onlyPid = taken && pid !== undefined ? { pid } : {};
      const full = { ...bare, params: bare.method === 'rewind' ? all : onlyPid };
      assert.deepEqual(parseRequest(formatRequest(full)), { ok: true, request: full });
    }),
  );
});

test('requests that make no sense are refused with their id', () => {
  const refuse = (line: string, id: number, why: RegExp): void => {
    const parsed = parseRequest(line);
    assert.equal(parsed.ok, false, line);
    assert.equal(parsed.id, id);
    assert.equal(parsed.error.code, 'EPROTOCOL');
    assert.match(parsed.error.message, why);
  };
  refuse('', 0, /not a JSON object/);
  refuse('[1]', 0, /not a JSON object/);
  refuse('{"method":"status"}', 0, /id is not a number/);
  refuse('{"id":-1,"method":"status"}', 0, /id is not a number/);
  refuse('{"id":3,"method":"fly"}', 3, /no method 'fly'/);
  refuse('{"id":3,"method":"status","params":[]}', 3, /not an object/);
  refuse('{"id":3,"method":"status","params":{"pid":1}}', 3, /no parameter 'pid'/);
  refuse('{"id":3,"method":"rewind","params":{"cd":0}}', 3, /cd is out of range/);
  refuse('{"id":3,"method":"rewind","params":{"cd":1.5}}', 3, /cd is out of range/);
  refuse('{"id":3,"method":"rewind","params":{"value":2147483648}}', 3, /value is out of range/);
  refuse('{"id":3,"method":"rewind","params":{"__proto__":{},"cd":"1"}}', 3, /no parameter/);
});

test('no line makes the reader of requests throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      parseRequest(line);
    }),
  );
});

test('lines come out whole however the stream was cut', () => {
  const line = fc.string({ maxLength: 40 }).map((text) => text.replaceAll('\n', ' '));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 9 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''));
      const splitter = new LineSplitter(1000);
      const got: string[] = [];
      let start = 0;
      for (let index = 0; start < bytes.length; index += 1) {
        const size = cuts[index] ?? bytes.length;
        got.push(...splitter.push(bytes.subarray(start, start + size)));
        start += size;
      }
      assert.deepEqual(got, lines);
    }),
  );
});

test('a line may be as long as allowed, and one that is longer costs no other', () => {
  const longest = 'x'.repeat(10);
  const splitter = new LineSplitter(10);
  assert.deepEqual(splitter.push(Buffer.from(`${longest}\n${longest}x\nafter\n`)), [
    longest,
    'after',
  ]);
  assert.equal(splitter.tooLongCount, 1);
  for (const part of [longest, 'x', longest, '\nnext']) splitter.push(Buffer.from(part));
  assert.equal(splitter.tooLongCount, 2);
  assert.deepEqual(splitter.push(Buffer.from('\n')), ['next']);
  splitter.push(Buffer.from('torn'));
  assert.equal(splitter.end(), 'torn');
  assert.equal(splitter.end(), undefined);
});

test('a record with what no schema knows is read as it came', () => {
  const known = fc.sample(fall, 1)[0];
  const later = { time: 5, pid: 7, type: 'eclipse' };
  const strange = [
    later,
    { ...known, cause: 'hang' },
    { ...known, cd: undefined },
    { ...known, us: 'long' },
    { type: 5, time: 1e300, pid: '7' },
    {},
  ];
  for (const value of strange) {
    const wired = JSON.stringify(value);
    const parsed: unknown = JSON.parse(wired);
    for (const read of [readLogLine(wired), readEvent(JSON.parse(wired) as object as Json)]) {
      assert(read?.type === 'unknown', wired);
      assert.deepEqual(read.value, parsed);
      assert.equal(read.text, wired);
      formatLogRecord(read);
    }
  }
  const digits = '{"type":"eclipse","at":18446744073709551615}';
  const read = readLogLine(digits);
  assert(read?.type === 'unknown');
  assert.equal(read.text, digits);
  const more = JSON.parse(JSON.stringify({ ...known, more: [1] })) as Json;
  assert.deepEqual(readEvent(more), more);
  for (const none of ['', '5', '"x"', '[]', 'null', '{"type":"fal']) {
    assert.equal(readLogLine(none), undefined);
  }
});

test('offsets that earlier releases wrote as numbers are read', () => {
  const known = fc.sample(fall, 1)[0];
  const where = { path: '/x', moduleOffset: 0x1139 };
  const read = readLogLine(JSON.stringify({ ...known, where }));
  assert(read?.type === 'fall');
  assert.deepEqual(read.where, { path: '/x', moduleOffset: '0x1139' });
});

test('the state of a rollback survives being written', () => {
  const fields = {
    phase: fc.constantFrom(0, 1),
    pid: positive,
    cd: positive,
    timeMs: fc.nat(Number.MAX_SAFE_INTEGER),
  };
  const state = fc.record(fields, { noNullPrototype: true });
  fc.assert(
    fc.property(state, (given) => {
      assert.deepEqual(decodeRollbackState(encodeRollbackState(given)), given);
    }),
  );
  assert.equal(decodeRollbackState(new Uint8Array(63)), undefined);
});

test('no control character of a record reaches a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(escapeControls(text), /\p{Cc}/u);
    }),
  );
  assert.equal(escapeControls('a\u001b[2J\n'), 'a\\x1b[2J\\x0a');
});
