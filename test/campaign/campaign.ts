/** A campaign: one target life after another until the wanted number of falls is reached. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeWatchedBelay } from '../support/watched-belay.ts';
import { LifeFailure } from './life-failure.ts';
import { type CallsOptions, Life } from './life.ts';
import { Draws, lifeSeed } from './random.ts';
import { Tally } from './tally.ts';
import { runOptions } from './traits.ts';
import { DAMAGE, DAMAGE_ALL } from './wire.ts';

export interface CampaignOptions {
  seed: bigint;
  /** How many falls in all. */
  count: number;
  /** Worker threads in every target; drawn for each when undefined. */
  threads?: number | undefined;
  user?: number | undefined;
  /** The first life: to repeat one that failed. */
  from?: number | undefined;
  damage?: number | undefined;
  /** Lives that do not stand still by themselves, too. */
  unruly?: boolean | undefined;
  /** Lives with random system calls, and all that the kernel knows compared. */
  calls?: boolean | undefined;
  /** Names of the only rows of calls that may be drawn, as one word. */
  rows?: string | undefined;
  /** The belay to run; the checkout's when undefined. */
  belay?: string | undefined;
  /** End before the next life begins once this much time has passed. */
  limitMs?: number | undefined;
  /** Takes the outcomes. */
  tally?: Tally | undefined;
  onLife?: ((life: number, falls: number, description: string) => void) | undefined;
}

const FALLS_PER_LIFE = 50;
const DATA_SIZE = 256 * 1024;
const BELAY = join(import.meta.dirname, '../../bin/belay');
const FAIL_ACQUISITIONS = join(import.meta.dirname, 'fail-acquisitions.ts');
const SOURCES = join(import.meta.dirname, 'target');
const LOOKER_SOURCES = join(import.meta.dirname, 'look');

export interface Workshop extends Disposable {
  directory: string;
  target: string;
  dataFile: string;
  /** What looks at the kernel's state of a process: look/. */
  looker: string;
  /** A belay that is refused what the file says. */
  refusedBelay: string;
  refusalFile: string;
}

function compile(sources: string, output: string, flags: readonly string[]): void {
  const names = readdirSync(sources, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.c'));
  const all = ['-std=gnu11', '-g', '-Wall', '-Wextra', ...flags, '-o', output, ...files];
  const { status, stderr } = spawnSync('cc', all, { cwd: sources, encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot compile ${output}: ${stderr}`);
}

/** Builds the target and its data file in a directory that anybody may read. */
export function openWorkshop(): Workshop {
  const directory = mkdtempSync(join(tmpdir(), 'belay-campaign-'));
  chmodSync(directory, 0o755);
  const target = join(directory, 'target');
  compile(SOURCES, target, ['-O2', '-fno-stack-protector', '-fcf-protection=none', '-pthread']);
  const looker = join(directory, 'look');
  compile(LOOKER_SOURCES, looker, ['-O1']);
  const dataFile = join(directory, 'data');
  const draws = new Draws(1n);
  const data = Buffer.alloc(DATA_SIZE);
  for (let at = 0; at < DATA_SIZE; at += 8) data.writeBigUInt64LE(draws.next(), at);
  writeFileSync(dataFile, data, { mode: 0o644 });
  const close = (): void => rmSync(directory, { recursive: true, force: true });
  const refusalFile = join(directory, 'refusal');
  writeFileSync(refusalFile, '', { mode: 0o644 });
  const refusedBelay = makeWatchedBelay(directory, FAIL_ACQUISITIONS);
  const rest = { refusedBelay, refusalFile, [Symbol.dispose]: close };
  return { directory, target, dataFile, looker, ...rest };
}

/** The command that repeats a campaign from one life on. */
export function repeatCommand(options: CampaignOptions, life: number): string {
  const given = [
    `--seed ${options.seed} --count ${options.count} --from ${life}`,
    options.threads === undefined ? '' : ` --threads ${options.threads}`,
    options.user === undefined ? '' : ` --user ${options.user}`,
    options.damage === undefined ? '' : ` --damage ${options.damage}`,
    options.unruly === true ? ' --unruly' : '',
    options.calls === true ? ' --calls' : '',
    options.rows === undefined ? '' : ` --rows ${options.rows}`,
  ];
  return `npm run campaign -- ${given.join('')}`;
}

/** Threads that ended are made again by the privileged alone. */
function damageFor(privileged: boolean, allowed: number): number {
  return privileged ? allowed : allowed & ~DAMAGE.endThreads;
}

function callsOf(workshop: Workshop, life: number, { rows }: CampaignOptions): CallsOptions {
  const directory = join(workshop.directory, `life-${life}`);
  mkdirSync(directory);
  // Whoever the target is.
  chmodSync(directory, 0o777);
  return { looker: workshop.looker, directory, rows };
}

/** Returns the number of falls. @throws LifeFailure with the story and the command to repeat it. */
export async function runCampaign(options: CampaignOptions): Promise<number> {
  using workshop = openWorkshop();
  const belay = options.belay ?? BELAY;
  const privileged = (options.user ?? process.getuid?.() ?? 0) === 0;
  const tally = options.tally ?? new Tally();
  const started = Date.now();
  const first = options.from ?? 0;
  let falls = 0;
  for (let life = first; (life - first) * FALLS_PER_LIFE < options.count; life++) {
    if (options.limitMs !== undefined && Date.now() - started > options.limitMs) break;
    const wanted = Math.min(FALLS_PER_LIFE, options.count - (life - first) * FALLS_PER_LIFE);
    const subject = new Life({
      command: (traits, words) => [
        traits.refusing ? workshop.refusedBelay : belay,
        'run',
        ...runOptions(traits),
        '--',
        workshop.target,
        ...words,
      ],
      refusalFile: options.belay === undefined ? workshop.refusalFile : undefined,
      dataFile: workshop.dataFile,
      seed: lifeSeed(options.seed, life),
      falls: wanted,
      threads: options.threads,
      user: options.user,
      privileged,
      unruly: options.unruly,
      calls: options.calls === true ? callsOf(workshop, life, options) : undefined,
      damage: damageFor(privileged, options.damage ?? DAMAGE_ALL),
      tally,
    });
    try {
      await subject.run();
    } catch (error) {
      if (!(error instanceof LifeFailure)) throw error;
      const where = `life ${life} (${subject.description}), fall ${subject.falls + 1}`;
      const repeat = repeatCommand({ ...options, count: wanted }, life);
      throw new LifeFailure(`${where}: ${error.message}\nrepeat with: ${repeat}`, { cause: error });
    }
    falls += subject.falls;
    options.onLife?.(life, falls, subject.description);
  }
  return falls;
}
