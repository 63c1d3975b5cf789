/** `npm run fuzz-symbols`: randomly damaged ELF files without number, read by the symbolizer. */
import { parseArgs } from 'node:util';
import { VARIANTS, fuzzSymbols } from './fuzz-symbols.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { seed: text, count: text, variant: text } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const count = Number(values.count ?? 100_000);
console.log(`repeat with: npm run fuzz-symbols -- --seed ${seed} --count ${count}`);

const startedAt = performance.now();
const all = Object.keys(VARIANTS) as (keyof typeof VARIANTS)[];
const variants = all.filter((name) => name === (values.variant ?? name));
await fuzzSymbols({ seed, count, variants, onProgress: console.log });
console.log(`${count} files in ${Math.round((performance.now() - startedAt) / 1000)} s: all well`);
