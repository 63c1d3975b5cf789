/**
 * Runs console blocks of the documents: a line that begins with `$ ` is a command, the lines below
 * it are what it prints. All of a block runs in one shell, in a directory that looks like a
 * checkout (/srv/belay to the reader), with `belay` on the PATH.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from './paths.ts';
import { runProcess } from './run-process.ts';

export interface Step {
  readonly command: string;
  readonly output: string;
}

/** Where the documents' reader has the checkout, as `belay`. */
const READERS_PLACE = '/srv';

/** Stands between the outputs of two commands: no program prints it. */
const SEPARATOR = '\x1e';

/** What examples may use of a checkout. */
const LINKED = ['bin', 'examples', 'include', 'node_modules', 'package.json', 'python', 'src'];

/** What our own npm tells its children of this checkout is not for one that a block calls. */
const NPM = 'npm_';
const NPM_SETTINGS = { npm_config_offline: 'true', npm_config_audit: 'false' };

export function parseConsoleBlock(text: string): Step[] {
  const parts = text.split(/^\$ /m).slice(1);
  return parts.map((part) => {
    const [command = '', ...output] = part.split('\n');
    return { command, output: output.join('\n') };
  });
}

/** Runs the commands; answers them with what they really print. */
export async function runConsoleBlock(steps: readonly Step[]): Promise<Step[]> {
  const place = mkdtempSync(path.join(os.tmpdir(), 'belay-docs-'));
  const directory = path.join(place, 'belay');
  mkdirSync(directory);
  for (const name of LINKED) symlinkSync(path.join(ROOT, name), path.join(directory, name));
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith(NPM))),
    ...NPM_SETTINGS,
    PATH: `${ROOT}/bin:${ROOT}/node_modules/.bin:${process.env.PATH ?? ''}`,
    BELAY_DIR: path.join(place, 'state'),
    PYTHONDONTWRITEBYTECODE: '1',
    NO_COLOR: '1',
  };
  const separate = `printf '${SEPARATOR}'`;
  const commands = steps.map(({ command }) => command.replaceAll(`${READERS_PLACE}/`, `${place}/`));
  const lines = ['exec 2>&1', ...commands.flatMap((command) => [command, separate])];
  try {
    const result = await runProcess(['sh', '-c', lines.join('\n')], { cwd: directory, env });
    const outputs = result.stdout.replaceAll(place, READERS_PLACE).split(SEPARATOR);
    return steps.map(({ command }, index) => ({ command, output: outputs[index] ?? '' }));
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 10 });
  }
}

/**
 * An output without what differs from run to run: times, addresses, process ids, sizes. A number
 * that has a line to itself is an exit status, and stays.
 */
export function normalizeOutput(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/g, 'TIME')
    .replace(/[0-9a-f]{6,}-[0-9a-f]{6,} (\S{4}) [0-9a-f]{8} \S+ \d+/g, 'RANGE $1')
    .replace(/0x[0-9a-f]+/g, 'ADDRESS')
    .replace(/\d+(\.\d+)? (µs|ms|s|B|KB|MB)\b/g, 'N $2')
    .replace(/\d+ pages?\b/g, 'N pages')
    .replaceAll(', N pages dropped', '')
    .replace(/ +/g, ' ')
    .replace(/\d+ N (B|KB|MB)\b/g, 'N N $1')
    .replace(/(?<!^)\b\d{3,}\b|^\d{3,}\b(?!$)/gm, 'N')
    .trim();
}
