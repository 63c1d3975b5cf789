/** The campaign, short: as many falls as fit into 25 seconds, from a new seed each time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCampaign } from './campaign.ts';

const FALLS = 200;
const LIMIT_MS = 20_000;

test('after random damage every byte, mapping, register and thread is as it was', async (t) => {
  const seed = BigInt(process.env.BELAY_CAMPAIGN_SEED ?? Date.now());
  t.diagnostic(`seed ${seed}`);
  const falls = await runCampaign({ seed, count: FALLS, limitMs: LIMIT_MS });
  t.diagnostic(`${falls} falls compared`);
  assert.ok(falls >= 50, `only ${falls} falls in time`);
});
