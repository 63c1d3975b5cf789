/** Without belay a fall in hard times is the target's own to cope with, and touches nothing. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openWorkshop } from './campaign.ts';
import { takeSnapshot } from './checker.ts';
import { compareSnapshots, processorNotes } from './compare.ts';
import { TargetProcess } from './target-process.ts';
import { COMMAND, DAMAGE, DAMAGE_ALL, HARD, type TargetRecord } from './wire.ts';

const workshop = openWorkshop();
after(() => workshop[Symbol.dispose]());

const SEEDS = 12;
const damage = DAMAGE_ALL & ~(DAMAGE.threads | DAMAGE.ruin);
const all = Object.values(HARD).reduce<number>((sum, bit) => sum | bit, 0);

async function until<T extends TargetRecord['type']>(
  target: TargetProcess,
  type: T,
): Promise<Extract<TargetRecord, { type: T }>> {
  for (;;) {
    const record = await target.next();
    if (record.type === 'bad') assert.fail(record.text);
    if (record.type === type) return record as Extract<TargetRecord, { type: T }>;
  }
}

for (const hardships of [HARD.atAll, all])
  test(`the target copes with its fall, hardships ${hardships}`, async () => {
    for (let seed = 1n; seed <= SEEDS; seed++) {
      const command = [workshop.target, workshop.dataFile, String(seed), '2', 'plain,hard'];
      const target = new TargetProcess({ command, stops: false });
      try {
        const { frame, rseq, workers } = await until(target, 'hello');
        assert.equal(workers, 2);
        target.send({ what: COMMAND.point, seed });
        await until(target, 'point');
        target.send({ what: COMMAND.fall, seed, damage, hardships });
        const range = await until(target, 'held');
        await target.standstill(({ call }) => /^\d|^running/.test(call));
        const before = takeSnapshot(target.pid);
        target.send({ what: COMMAND.goOn });
        const { signo: announced } = await until(target, 'fall');
        assert.equal((await until(target, 'refused')).signo, announced);
        await target.standstill(({ call }) => /^\d|^running/.test(call));
        const exemptions = { frame, ranges: [range, ...processorNotes([rseq])] };
        const now = takeSnapshot(target.pid);
        const differences = compareSnapshots(before, now, {
          ...exemptions,
          elsewhere: [target.pid],
        });
        assert.deepEqual(differences, [], `seed ${seed}`);
        target.send({ what: COMMAND.goOn });
        assert.equal((await until(target, 'fall')).signo, announced);
      } finally {
        await target.end();
      }
    }
  });
