/**
 * The campaign of system calls, short: the same seed each time, so that it fails for whoever broke
 * something. `npm run campaign -- --calls` has others, and as many falls as are wanted.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCampaign } from './campaign.ts';
import { Tally } from './tally.ts';

const FALLS = 25;

for (const threads of [1, 16])
  test(`after random system calls the kernel knows what it knew, ${threads} threads`, async (t) => {
    const seed = BigInt(process.env.BELAY_CAMPAIGN_SEED ?? 2005);
    const tally = new Tally();
    t.diagnostic(`seed ${seed}`);
    const options = { seed, threads, count: FALLS, calls: true, tally };
    const falls = await runCampaign(options);
    t.diagnostic(`${falls} falls compared; system calls: ${tally.calls}`);
    for (const line of tally.lines()) t.diagnostic(line);
    assert.equal(falls, FALLS);
  });
