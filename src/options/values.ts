/** The values that options have on the command line. */

/** What the user wrote makes no sense. */
export class UsageError extends Error {}

/** In powers of 1024. */
const UNITS = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;
const SIZE = /^(\d{1,16})([KMGT]?)(?:i?B)?$/i;
/** Chosen: below it a unit was forgotten, and no program fits. */
const SIZE_MIN = UNITS.M;
const SIZE_MAX = 1024 * UNITS.T;

export function parseCount(what: string, text: string, least: number, most: number): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least && count <= most) return count;
  const range = `${String(least)} to ${String(most)}`;
  throw new UsageError(`${what} must be a whole number from ${range}, not '${text}'`);
}

export function parseChoice<Choice extends string>(
  what: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UsageError(`${what} must be ${choices.join(' or ')}, not '${text}'`);
}

/** Bytes, of what people write as 512M or 2G. */
export function parseSize(what: string, text: string): number {
  const [, digits = '', unit = ''] = SIZE.exec(text) ?? [];
  const bytes = Number(digits) * UNITS[unit.toUpperCase() as keyof typeof UNITS];
  if (bytes >= SIZE_MIN && bytes <= SIZE_MAX) return bytes;
  throw new UsageError(
    `${what} must be a size from 1M to 1024T, such as 512M or 2G, not '${text}'`,
  );
}
