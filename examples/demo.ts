/**
 * The demo: a server with real bugs, sent good and hostile requests, with and without belay.
 *
 *     npm run demo
 *
 * It checks its own result: the exit status is 1 when a good request was lost under belay.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { Client, type Answer } from './demo-client.ts';
import { awaitEnd, BELAY, compileServer, hasEnded, startServer } from './demo-server.ts';
import type { Server } from './demo-server.ts';

interface Request {
  readonly who: string;
  readonly path: string;
  readonly agent: string;
  /** What the table says of it. */
  readonly title: string;
  readonly isHostile: boolean;
}

const FRIENDS = ['ann', 'ben', 'cleo', 'dan'];
const SMASH = 'A'.repeat(4000);

/** One for each bug of server.c. */
const ATTACKS: readonly Request[] = [
  attack('/', SMASH, 'a header of 4,000 bytes'),
  attack(`/${SMASH.slice(0, 3000)}`, 'eve', 'a path of 3,000 bytes'),
  attack('/eve?parts=0', 'eve', 'GET /eve?parts=0'),
];

/** Chosen: enough that hostile requests come while others are under way, some seconds in all. */
const ROUNDS = 75;

function attack(path: string, agent: string, title: string): Request {
  return { who: 'eve', path, agent, title, isHostile: true };
}

function friendly(who: string): Request {
  return { who, path: `/${who}`, agent: who, title: `GET /${who}`, isHostile: false };
}

/** A server with its clients, and the count of what came of their requests. */
class Side {
  readonly server: Server;
  good = 0;
  lost = 0;
  attacks = 0;
  /** Attacks that were answered: the server was there to do so. */
  survived = 0;
  private readonly clients = new Map<string, Client>();
  private readonly hits = new Map<string, number>();

  constructor(server: Server) {
    this.server = server;
  }

  async send(request: Request): Promise<Answer> {
    const client = this.clients.get(request.who) ?? new Client(this.server.port);
    this.clients.set(request.who, client);
    const answer = await client.get(request.path, request.agent);
    if (request.isHostile) {
      this.attacks += 1;
      if (answer.ok && answer.status === 500) this.survived += 1;
      client.close();
    } else this.count(request, answer);
    return answer;
  }

  /** Waits for the server's end; who asks after it finds nobody there. */
  async awaitEnd(): Promise<void> {
    await awaitEnd(this.server);
    this.close();
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }

  /** A good request is lost unless its answer tells of exactly the requests before it. */
  private count({ who }: Request, answer: Answer): void {
    const hits = (this.hits.get(who) ?? 0) + 1;
    this.hits.set(who, hits);
    this.good += 1;
    const isRight = answer.ok && answer.status === 200 && answer.body.includes(`: hit ${hits} of `);
    if (!isRight) this.lost += 1;
  }
}

function print(text = ''): void {
  process.stdout.write(`${text}\n`);
}

function heading(text: string): void {
  print(`\n${styleText('bold', text)}`);
}

const COLUMNS = [31, 28];

function printRow(cells: readonly string[], colours: readonly Parameters<typeof styleText>[0][]) {
  const padded = cells.map((cell, index) => cell.padEnd(COLUMNS[index] ?? 0));
  print(
    `  ${padded
      .map((cell, index) => styleText(colours[index] ?? 'reset', cell))
      .join('')
      .trimEnd()}`,
  );
}

function describe(answer: Answer): string {
  if (!answer.ok) return answer.reason;
  return `${answer.status} ${answer.body.replace(/,.*/, '')}`;
}

function colourOf(answer: Answer): 'red' | 'yellow' | 'green' {
  if (!answer.ok) return 'red';
  return answer.status === 200 ? 'green' : 'yellow';
}

/** The same requests to both, one after the other. */
async function showSideBySide(alone: Side, belayed: Side): Promise<void> {
  heading('The same requests to both');
  printRow(['', './server', 'belay run -- ./server'], ['bold', 'bold', 'bold']);
  for (const request of [...FRIENDS.map(friendly), ...ATTACKS.flatMap(withFriends)]) {
    const left = await alone.send(request);
    if (!left.ok && request.isHostile) await alone.awaitEnd();
    const right = await belayed.send(request);
    const title = `${request.who.padEnd(5)} ${request.title}`;
    const colour = request.isHostile ? 'yellow' : 'reset';
    printRow([title, describe(left), describe(right)], [colour, colourOf(left), colourOf(right)]);
  }
  const end = hasEnded(alone.server) ? `died of ${await awaitEnd(alone.server)}` : 'still runs';
  const other = hasEnded(belayed.server) ? 'died' : `still process ${belayed.server.pid}`;
  printRow(['', end, other], ['bold', 'red', 'green']);
}

function withFriends(hostile: Request, index: number): Request[] {
  const [first = '', second = ''] = [FRIENDS[index], FRIENDS[index + 1]];
  return [hostile, friendly(first), friendly(second)];
}

/** All friends at once over their connections of before, and eve with everything she has. */
async function storm(side: Side): Promise<void> {
  heading(`Then all of them at once, ${ROUNDS} rounds, with belay only`);
  const friends = FRIENDS.map(async (who) => {
    for (let round = 0; round < ROUNDS; round += 1) await side.send(friendly(who));
  });
  const eve = async (): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await side.send(ATTACKS[round % ATTACKS.length] ?? friendly('eve'));
    }
  };
  await Promise.all([...friends, eve()]);
  print(`  ${side.survived} of ${side.attacks} hostile requests survived`);
  print(`  ${side.good - side.lost} of ${side.good} good requests answered, every count right`);
}

function belay(...words: readonly string[]): string {
  return execFileSync(BELAY, words, { encoding: 'utf8', maxBuffer: 1 << 26 });
}

interface LogRecord {
  readonly type: string;
  readonly us?: number;
  readonly supervisorPid?: number;
}

function readLog(pid: number): LogRecord[] {
  const lines = belay('log', '--json', String(pid)).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as LogRecord);
}

/** What belay saw: the first falls in full, and the figures of all. */
function showLog(pid: number): number {
  heading(`$ belay log ${pid}`);
  const entries = belay('log', String(pid)).split(/\n(?! )/);
  const shown = entries.slice(0, 1 + ATTACKS.length);
  print(styleText('dim', shown.join('\n').replaceAll(/^/gm, '  ')));
  const times = readLog(pid).flatMap(({ type, us }) => (type === 'fall' ? (us ?? []) : []));
  times.sort((a, b) => a - b);
  const median = Math.round(times[Math.floor(times.length / 2)] ?? 0);
  print(`  ... ${times.length} falls in all; the median rollback took ${median} µs`);
  return times.length;
}

/** The end of the server, of its supervisor, and of what they left on disk. */
async function end(server: Server, directory: string): Promise<void> {
  const supervisorPid = readLog(server.pid).find(({ type }) => type === 'start')?.supervisorPid;
  server.child.kill('SIGTERM');
  await awaitEnd(server);
  while (existsSync(`/proc/${supervisorPid ?? 0}`)) await sleep(10);
  rmSync(directory, { recursive: true, force: true });
}

function judge(alone: Side, belayed: Side, falls: number): boolean {
  heading('Good requests lost');
  print(`  without belay  ${styleText('red', `${alone.lost} of ${alone.good}`)}`);
  print(`  with belay     ${styleText('green', `${belayed.lost} of ${belayed.good}`)}`);
  const isAsExpected =
    belayed.lost === 0 &&
    belayed.survived === belayed.attacks &&
    falls === belayed.attacks &&
    !hasEnded(belayed.server) &&
    hasEnded(alone.server);
  print(
    isAsExpected ? '\nAll as it should be.' : styleText('red', '\nThat is not as it should be.'),
  );
  return isAsExpected;
}

async function main(): Promise<void> {
  // However the demo ends, the servers end with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-demo-'));
  process.env.BELAY_DIR = directory;
  const program = compileServer();
  const alone = new Side(await startServer([program]));
  const belayed = new Side(await startServer([BELAY, 'run', '--peers=keep', '--', program]));
  try {
    print('examples/server.c: one thread, one poll loop, three real memory and arithmetic bugs.');
    print('ann, ben, cleo and dan send good requests; eve does not. Two copies of it run:');
    print(`  process ${alone.server.pid}   $ ./server`);
    print(`  process ${belayed.server.pid}   $ belay run --peers=keep -- ./server`);
    await showSideBySide(alone, belayed);
    await storm(belayed);
    const falls = showLog(belayed.server.pid);
    process.exitCode = judge(alone, belayed, falls) ? 0 : 1;
  } finally {
    alone.close();
    belayed.close();
    alone.server.child.kill('SIGKILL');
    await end(belayed.server, directory);
  }
}

await main();
