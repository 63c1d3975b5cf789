/**
 * Loaded into a supervisor: the first acquisition of the first rollback fails, the second of the
 * next one, and so on, until a rollback acquires all that it needs.
 */
import { SyscallError } from '../../src/errors.ts';
import { Claims } from '../../src/resources/claims.ts';
import { around } from '../support/around.ts';

const EMFILE = 24;
let failing = 1;
let count = 0;

around(Claims.prototype, 'acquire', (_self, acquire, what, get, release) => {
  count += 1;
  if (count < failing) return acquire(what, get, release);
  failing += 1;
  count = 0;
  throw new SyscallError(`cannot ${what}`, { syscall: what, errno: EMFILE });
});
