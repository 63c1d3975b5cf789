/**
 * belay/target under belay: every call, its result or its error, a real fall, and a kept counter.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import { tforget, tkeep, tlongjmp, tsetjmp } from '../../src/target.ts';

const memset = koffi.load('libc.so.6').func('void *memset(uint64_t address, int byte, size_t n)');

const falls = new Uint32Array(new ArrayBuffer(4));
tkeep(falls);
const table = new Map(Array.from({ length: 10_000 }, (_, key) => [key, `value ${key}`]));
const timer = sleep(20, 'rang');
const point = tsetjmp();
assert.equal(point.cd, 1);
assert.equal(table.size, 10_000);
assert.equal(table.get(77), 'value 77');
const rollbacks = Number(point.rollbacks);
assert.equal(falls[0], rollbacks);
if (rollbacks > 0) {
  const bySignal = rollbacks % 2 === 0;
  assert.equal(point.cause, bySignal ? 'signal' : 'longjmp');
  assert.equal(point.value, bySignal ? 0 : -rollbacks);
  if (bySignal) assert.deepEqual([point.signo, point.address], [11, 8n]);
}
if (rollbacks < 20) {
  falls[0] = rollbacks + 1;
  table.clear();
  if (rollbacks % 2 === 1) memset(8, 1, 1);
  tlongjmp(point.cd, -falls[0]);
}
assert.throws(() => tlongjmp(999, 0), { code: 'EBADF', syscall: 'tlongjmp' });
assert.throws(() => tkeep(8n, 1), { code: 'EFAULT', syscall: 'tkeep' });
assert.throws(() => tkeep(8n, 0), { code: 'EINVAL', syscall: 'tkeep' });
tforget(point.cd);
assert.throws(() => tforget(point.cd), { code: 'EBADF', syscall: 'tforget' });
assert.equal(await timer, 'rang');
console.log('ok');
