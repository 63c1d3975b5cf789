/**
 * Loaded into a supervisor: the first acquisition of the first rollback fails, the second of the
 * next one, and so on, until a rollback acquires all that it needs.
 */
import { SyscallError } from '../../src/errors.ts';
import { Claims } from '../../src/resources/claims.ts';

const EMFILE = 24;
const { acquire } = Claims.prototype;
let failing = 1;
let count = 0;

Claims.prototype.acquire = function (what, get, release): number {
  count += 1;
  if (count < failing) return acquire.call(this, what, get, release);
  failing += 1;
  count = 0;
  throw new SyscallError(`cannot ${what}`, { syscall: what, errno: EMFILE });
};
