/** What the API is given for options, checked: a name that is none is a mistake, not a default. */
import { BelayError } from '../errors.ts';

/** @throws BelayError EUSAGE; `names`: those that there are, where that is looked at here */
export function assertOptions(
  options: unknown,
  names?: readonly string[],
): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw refusal('it must be an object');
  }
  const unknown = Object.keys(options).find((name) => names?.includes(name) === false);
  if (unknown !== undefined) throw refusal(`there is no option '${unknown}'`);
}

function refusal(why: string): BelayError {
  const hint = 'see docs/api.md';
  return new BelayError('EUSAGE', `cannot use that list of options: ${why}`, { hint });
}
