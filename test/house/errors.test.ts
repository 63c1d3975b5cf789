/** The error codes, their documentation and the form of their messages agree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BelayError, ERROR_CODES, SyscallError, errnoName, isErrorCode } from '../../src/errors.ts';
import { listFiles, readText } from './source.ts';

test('every error code has a line in docs/errors.md, and every line a code', () => {
  const [codes = ''] = readText('docs/errors.md').split('A `SyscallError`');
  const documented = [...codes.matchAll(/^\| `(E[A-Z]+)`/gm)].map(([, code]) => code);
  assert.deepEqual(documented.sort(), [...ERROR_CODES].sort());
});

test('every error code is used', () => {
  const sources = listFiles('src', (path) => path.endsWith('.ts') && path !== 'src/errors.ts')
    .map(readText)
    .join('\n');
  const unused = ERROR_CODES.filter((code) => !sources.includes(`'${code}'`));
  assert.deepEqual(unused, [], 'take them out of src/errors.ts and docs/errors.md');
});

test('a BelayError carries its code, hint and cause, and no empty field', () => {
  const cause = new Error('the reason');
  const error = new BelayError('EPERM', 'cannot do X to Y: why', { hint: 'try Z', cause });
  assert.equal(error.name, 'BelayError');
  assert.equal(error.code, 'EPERM');
  assert.equal(error.hint, 'try Z');
  assert.equal(error.cause, cause);
  const bare = new BelayError('ESRCH', 'cannot do X to Y: why');
  assert.deepEqual(Object.keys(bare).sort(), ['code', 'name']);
});

test('a SyscallError is a BelayError with the fields of a system error', () => {
  const error = new SyscallError('cannot read memory', {
    syscall: 'process_vm_readv',
    errno: 3,
    tid: 7,
    address: 0x1000,
  });
  assert.ok(error instanceof BelayError);
  assert.equal(
    error.message,
    'cannot read memory: no such process (process_vm_readv for thread 7 at 0x1000: ESRCH)',
  );
  const { errno, code, syscall, tid, address } = error;
  assert.deepEqual(
    { errno, code, syscall, tid, address },
    { errno: 3, code: 'ESRCH', syscall: 'process_vm_readv', tid: 7, address: 0x1000 },
  );
  assert.ok(!('path' in error));
});

test('an error number without a name still has a code', () => {
  assert.equal(errnoName(3), 'ESRCH');
  assert.equal(errnoName(516), 'E516');
});

test('codes of ours are told from others', () => {
  assert.ok(ERROR_CODES.every(isErrorCode));
  assert.ok(!isErrorCode('ENOENT'));
});
