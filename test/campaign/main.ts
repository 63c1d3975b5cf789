/** `npm run campaign`: falls without number, each compared byte for byte with its point. */
import { parseArgs } from 'node:util';
import { type CampaignOptions, runCampaign } from './campaign.ts';
import { LifeFailure } from './life-failure.ts';
import { Tally } from './tally.ts';

const USAGE = `npm run campaign -- [--seed S] [--falls N] [--threads T] [--user UID]
  --seed S      what all draws come from (default: the time)
  --falls N     how many falls (default 1000); also --count
  --threads T   worker threads in every target (default: 0 to 4, drawn)
  --user UID    run the target and belay as this user
  --from LIFE   begin with this target life, to repeat one that failed
  --damage BITS which damage may be drawn (target/campaign.h)
  --unruly      storms of vfork, and lives with handlers that have the first try, too:
                there are differences there still, some of which the documents name
  --calls       random system calls between point and fall, and all that the kernel knows of
                the target compared; what is known not to come back is counted by name
  --rows NAMES  only these of target/calls/, as one word: open-file+close+duplicate
  --keep-going  go on with the next life after a difference, and report each`;

function readOptions(): CampaignOptions & { keepGoing: boolean } {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      seed: text,
      count: text,
      falls: text,
      rows: text,
      calls: { type: 'boolean', default: false },
      threads: text,
      user: text,
      from: text,
      damage: text,
      unruly: { type: 'boolean', default: false },
      'keep-going': { type: 'boolean', default: false },
    },
  });
  const number = (value: string | undefined): number | undefined => {
    if (value === undefined) return undefined;
    if (!/^\d+$/.test(value)) throw new RangeError(`not a number: ${value}`);
    return Number(value);
  };
  return {
    seed: BigInt(values.seed ?? Date.now()),
    count: number(values.falls ?? values.count) ?? 1000,
    threads: number(values.threads),
    user: number(values.user),
    from: number(values.from),
    damage: number(values.damage),
    unruly: values.unruly,
    calls: values.calls || values.rows !== undefined,
    rows: values.rows,
    keepGoing: values['keep-going'],
  };
}

const SHOW_EVERY_FALLS = 500;

async function main(): Promise<number> {
  const options = readOptions();
  const tally = new Tally();
  const started = performance.now();
  let shown = 0;
  let failures = 0;
  let next = options.from ?? 0;
  let falls = 0;
  console.log(`seed ${options.seed}, ${options.count} falls`);
  while (falls < options.count) {
    const before = falls;
    const onLife = (life: number, done: number): void => {
      next = life + 1;
      falls = before + done;
      if (falls - shown < SHOW_EVERY_FALLS) return;
      shown = falls;
      console.log(`${falls} falls, ${((performance.now() - started) / 1000).toFixed(1)} s`);
    };
    try {
      const count = options.count - falls;
      await runCampaign({ ...options, from: next, count, tally, onLife });
    } catch (error) {
      if (!(error instanceof LifeFailure)) throw error;
      console.error(error.message);
      failures++;
      next++;
      falls += 50;
      if (!options.keepGoing) return 1;
    }
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (tally.calls !== '') console.log(`system calls: ${tally.calls}`);
  console.log(['outcomes:', ...tally.lines()].join('\n'));
  if (failures > 0) console.error(`${failures} lives ended in a difference, ${seconds} s`);
  else console.log(`${falls} falls, no difference, no death, ${seconds} s`);
  return failures > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`campaign: ${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
