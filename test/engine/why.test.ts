/** struct tjmp as the supervisor writes it is the one of include/belay.h. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BELAY_CALL } from '../../src/arch/x64/syscalls.ts';
import { CAUSE, WHY_SIZE, writeWhy } from '../../src/engine/why.ts';
import { NativeBuffer } from '../../src/sys/libc.ts';
import { TargetMemory } from '../../src/tracee/target-memory.ts';
import { evaluateC } from '../support/compile.ts';
import { INCLUDE } from '../support/paths.ts';

const FIELDS = [
  'size',
  'cause',
  'value',
  'signo',
  'code',
  'tid',
  'address',
  'ip',
  'rollbacks',
  'lost',
];

async function evaluate(expressions: readonly string[]): Promise<number[]> {
  const options = { mustExist: true, flags: ['-I', INCLUDE] };
  const values = await evaluateC(['belay.h'], expressions, options);
  return expressions.map((expression) => Number(values.get(expression)));
}

test('each field is written where C programs read it', async () => {
  const offsets = await evaluate(FIELDS.map((field) => `offsetof(struct tjmp, ${field})`));
  const sizes = await evaluate(FIELDS.map((field) => `sizeof(((struct tjmp *)0)->${field})`));
  const why = {
    cause: 2,
    value: -3,
    signo: 11,
    code: -6,
    tid: 4_194_303,
    address: 0xffff_ffff_ffff_fff8n,
    ip: 0x8000_0000_0000_0001n,
    rollbacks: 2 ** 40 + 1,
    lost: 65,
  };
  const place = new NativeBuffer(WHY_SIZE);
  const target = new TargetMemory({ living: process.pid });
  assert.equal(writeWhy(target, place.address, WHY_SIZE, why), true);
  const found = FIELDS.map((field, index) => {
    const [offset = 0, size = 0] = [offsets[index], sizes[index]];
    if (size === 8) return place.bytes.readBigUInt64LE(offset);
    return field === 'size' ? place.bytes.readUInt32LE(offset) : place.bytes.readInt32LE(offset);
  });
  const { rollbacks, lost, ...others } = why;
  const expected = [WHY_SIZE, ...Object.values(others), BigInt(rollbacks), BigInt(lost)];
  assert.deepEqual(found, expected);
});

test('sizes, causes and call numbers are those of the header', async () => {
  const names = ['SAVED', 'LONGJMP', 'SIGNAL', 'HANG', 'OPERATOR'].map((name) => `TJMP_${name}`);
  assert.deepEqual(await evaluate(names), Object.values(CAUSE));
  const calls = ['TSETJMP', 'TLONGJMP', 'TFORGET', 'TKEEP'].map((name) => `BELAY_SYS_${name}`);
  assert.deepEqual(await evaluate(calls), Object.values(BELAY_CALL));
  assert.deepEqual(await evaluate(['sizeof(struct tjmp)']), [WHY_SIZE]);
});
