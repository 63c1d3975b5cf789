/** Without belay the target lives in each of its ways to the end, and finds nothing wrong. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openWorkshop } from './campaign.ts';
import { TargetProcess } from './target-process.ts';
import { COMMAND, type TargetRecord } from './wire.ts';

const workshop = openWorkshop();
after(() => workshop[Symbol.dispose]());

const SEEDS = 4;
const POINTS = 5;
const THREADS = 3;
/** So many of them make random calls, and wait in no call that is looked at. */
const CALLERS = 2;

async function until(target: TargetProcess, type: TargetRecord['type']): Promise<TargetRecord> {
  for (;;) {
    const record = await target.next();
    if (record.type === 'bad') assert.fail(record.text);
    if (record.type === type) return record;
  }
}

for (const way of [
  'every',
  'hard',
  'confined',
  'jobs',
  'stormy',
  'attributes',
  'sections',
  'calls',
])
  test(`it lives well: ${way}`, async () => {
    const workers = BigInt(THREADS - (way === 'calls' ? CALLERS : 0));
    for (let seed = 1n; seed <= SEEDS; seed++) {
      const command = [
        workshop.target,
        workshop.dataFile,
        String(seed),
        String(THREADS),
        `plain,${way}`,
      ];
      const env = { CAMPAIGN_DIRECTORY: workshop.directory };
      const target = new TargetProcess({ command, stops: false, env });
      try {
        await until(target, 'hello');
        for (let count = 0n; count < POINTS; count++) {
          target.send({ what: COMMAND.point, seed: seed * 100n + count });
          await until(target, 'point');
        }
        for (const what of [COMMAND.verify, COMMAND.quit]) {
          target.send({ what, seed });
          assert.deepEqual(await until(target, 'done'), { type: 'done', result: workers });
        }
        assert.equal(await target.ended, 'exit status 0');
      } finally {
        await target.end();
      }
    }
  });
