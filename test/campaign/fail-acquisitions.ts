/**
 * Loaded into a supervisor: refuses it one of the things that a rollback acquires, or that one and
 * all after it, as the file that BELAY_REFUSE names says.
 *
 *   "ID N ERRNO once"    the N-th from now on; ID is another one each time
 *   "ID N ERRNO always"  the N-th and all that follow
 */
import { readFileSync } from 'node:fs';
import { SyscallError } from '../../src/errors.ts';
import { Claims } from '../../src/resources/claims.ts';
import { around } from '../support/around.ts';

const file = process.env.BELAY_REFUSE ?? '/dev/null';
let known = '';
let count = 0;

around(Claims.prototype, 'acquire', (_self, acquire, what, get, release) => {
  const [id = '', n = '0', errno = '', how = ''] = readFileSync(file, 'utf8').split(' ');
  if (id !== known) count = 0;
  known = id;
  count += 1;
  const isRefused = how === 'always' ? count >= Number(n) : count === Number(n);
  if (id === '' || !isRefused) return acquire(what, get, release);
  throw new SyscallError(`cannot ${what}: refused by the campaign`, {
    syscall: what,
    errno: Number(errno),
  });
});
