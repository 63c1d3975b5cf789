/** What the API is given for a number, checked before a supervisor is asked. */
import { BelayError } from '../errors.ts';

export const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** @throws BelayError EUSAGE; undefined passes */
export function assertInt32(what: string, value: unknown, least: number): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= INT32_MAX) return;
  const why = `it must be a whole number from ${least} to ${INT32_MAX}`;
  throw new BelayError('EUSAGE', `cannot use that ${what}: ${why}`, { hint: 'see docs/api.md' });
}
