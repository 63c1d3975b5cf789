/** What is hard at a fall, and what is said of the refusals that come of it. */
import { writeFileSync } from 'node:fs';
import type { Draws } from './random.ts';
import { HARD } from './wire.ts';

/** EPERM, ENOENT, EINTR, ENOMEM, EACCES, EMFILE. */
const ERRNOS = [1, 2, 4, 12, 13, 24];
/** A rollback acquires a thing or two for each thread and file: most draws hit one. */
const NTH_MAX = 4;

export interface Hardship {
  /** For the target: bits of HARD. */
  bits: number;
  /** For the supervisor: what it is refused, as fail-acquisitions.ts reads it. */
  refusal: string;
}

export function drawHardship(draws: Draws, refusing: boolean, id: string): Hardship {
  const all = [HARD.files, HARD.space, HARD.data, HARD.stack, HARD.rights];
  const bits = all.reduce<number>((sum, bit) => sum + (draws.chance(3) ? bit : 0), HARD.atAll);
  const [nth, errno] = [1 + draws.below(NTH_MAX), ERRNOS[draws.below(ERRNOS.length)] ?? 1];
  const how = draws.chance(2) ? 'once' : 'always';
  return { bits, refusal: refusing && draws.chance(2) ? `${id} ${nth} ${errno} ${how}` : '' };
}

export function describeHardship({ bits, refusal }: Hardship): string {
  const names = Object.entries(HARD).filter(([name, bit]) => name !== 'atAll' && bits & bit);
  const words = names.map(([name]) => name);
  if (refusal !== '') words.push(`what belay acquires (${refusal})`);
  return words.length === 0 ? 'nothing' : words.join(', ');
}

/** In force until it is written anew. */
export function refuseBelay(file: string | undefined, refusal: string): void {
  if (file !== undefined) writeFileSync(file, refusal);
}
