/** Without belay every fall of the target is the death, or the signal, that it announced. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openWorkshop } from './campaign.ts';
import { TargetFailure, TargetProcess } from './target-process.ts';
import { COMMAND, DAMAGE, DAMAGE_ALL, type Fall, type TargetRecord } from './wire.ts';

const workshop = openWorkshop();
after(() => workshop[Symbol.dispose]());

const FALLS = 80;
const RUIN_SIGNALS = ['SIGSEGV', 'SIGBUS', 'SIGILL'];
const NAMES: Record<number, string> = {
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  11: 'SIGSEGV',
};

async function until(target: TargetProcess, type: TargetRecord['type']): Promise<TargetRecord> {
  for (;;) {
    const record = await target.next();
    if (record.type === type) return record;
  }
}

/** Starts a target, lets it fall, and says what was announced and what became of it. */
async function letFall(seed: bigint): Promise<{ fall: Fall | undefined; end: string }> {
  const command = [workshop.target, workshop.dataFile, String(seed), '2', 'plain'];
  const target = new TargetProcess({ command, stops: false });
  let fall: Fall | undefined;
  let end = '';
  try {
    await until(target, 'hello');
    target.send({ what: COMMAND.point, seed });
    await until(target, 'point');
    target.send({ what: COMMAND.fall, seed, damage: DAMAGE_ALL & ~DAMAGE.threads, cd: 0 });
    for (;;) {
      const record = await target.next();
      if (record.type === 'fall') fall = record;
      if (record.type === 'bad') end += `${record.text} `;
    }
  } catch (error) {
    if (!(error instanceof TargetFailure)) throw error;
    end += error.message;
  } finally {
    await target.end();
  }
  return { fall, end };
}

test('the target falls as it says', async () => {
  const ways = new Set<string>();
  for (let seed = 1n; seed <= FALLS; seed++) {
    const { fall, end } = await letFall(seed);
    assert.ok(fall, `seed ${seed} fell without a word: ${end}`);
    ways.add(fall.name);
    const bySignal = fall.signo === 0 ? RUIN_SIGNALS : [NAMES[fall.signo] ?? 'no name'];
    const handled = /own handler ran: expected 0x(\w+)/.exec(end)?.[1];
    const died = handled === undefined ? end : (NAMES[parseInt(handled, 16)] ?? handled);
    const asSaid = bySignal.some((signal) => died.includes(signal));
    assert.ok(asSaid, `seed ${seed}: ${fall.name} should give ${bySignal.join(' or ')}: ${end}`);
  }
  assert.ok(ways.size >= 12, `only ${ways.size} ways to fall in ${FALLS}`);
});
