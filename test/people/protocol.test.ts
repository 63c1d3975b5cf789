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
import { serverMessageSchema } from '../../src/protocol/server-messages.ts';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const positive = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const count = fc.nat();

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
    address: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => `0x${value.toString(16)}`),
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
        moduleOffset: count,
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
        got.push(...(splitter.push(bytes.subarray(start, start + size)) ?? ['refused']));
        start += size;
      }
      assert.deepEqual(got, lines);
    }),
  );
});

test('a line may be as long as allowed and not a byte longer', () => {
  const longest = 'x'.repeat(10);
  assert.deepEqual(new LineSplitter(10).push(Buffer.from(`${longest}\n`)), [longest]);
  assert.equal(new LineSplitter(10).push(Buffer.from(`${longest}x\n`)), undefined);
  const inParts = new LineSplitter(10);
  assert.deepEqual(inParts.push(Buffer.from(longest)), []);
  assert.equal(inParts.push(Buffer.from('x')), undefined);
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
