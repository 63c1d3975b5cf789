/** The options of the API, checked: a name or a type that is none is a mistake, not a default. */
import { BelayError } from '../errors.ts';
import { parseAttachArguments, type RunOptions } from '../options/run-options.ts';

const NUMBERS = {
  retries: '--retries',
  every: '--every',
  maxPoints: '--max-points',
  memory: '--memory',
};
const FLAGS = { verbose: '--verbose' };
const CHOICES = {
  sharedOffsets: '--shared-offsets',
  peers: '--peers',
  children: '--children',
};

/**
 * The defaults, and the command line's own checks.
 *
 * @throws BelayError EUSAGE
 */
export function readOptions(options: object): RunOptions {
  const words = Object.entries(options).flatMap(([name, value]) => wordsOf(name, value));
  const parsed = parseAttachArguments([...words, '1']);
  if (parsed.ok) return parsed.options;
  const [message = ''] = parsed.stderr.split('\n');
  throw refusal(inOwnNames(message.replace(/^belay: cannot attach: /, '')));
}

function wordsOf(name: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (name === 'on') {
    if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
      throw refusal('on must be a list of names of signals');
    }
    return [`--on=${value.join(',') || 'none'}`];
  }
  if (isKeyOf(NUMBERS, name)) {
    if (typeof value !== 'number') throw refusal(`${name} must be a number`);
    return [`${NUMBERS[name]}=${value}`];
  }
  // As it is of attach, where it is about those that run already.
  if (name === 'children' && typeof value === 'boolean') return value ? [] : ['--no-children'];
  if (isKeyOf(CHOICES, name)) {
    if (typeof value !== 'string') throw refusal(`${name} must be a string`);
    return [`${CHOICES[name]}=${value}`];
  }
  if (!isKeyOf(FLAGS, name)) throw refusal(`there is no option '${name}'`);
  if (typeof value !== 'boolean') throw refusal(`${name} must be true or false`);
  return value ? [FLAGS[name]] : [];
}

/** Who calls a function has not written `--every`. */
function inOwnNames(message: string): string {
  const words = Object.entries({ ...NUMBERS, ...CHOICES });
  return words.reduce((text, [name, word]) => text.replace(word, name), message);
}

function isKeyOf<Table extends object>(table: Table, name: string): name is keyof Table & string {
  return Object.hasOwn(table, name);
}

function refusal(why: string): BelayError {
  return new BelayError('EUSAGE', `cannot use the options: ${why}`, { hint: 'see docs/api.md' });
}
