/**
 * Writes what the resources say of themselves into the documents: the README's table of what a
 * rollback puts back, and docs/what-happens.md.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { fates as beyond, type Fates } from '../src/resources/fates.ts';

const ROOT = join(import.meta.dirname, '..');
const RESOURCES = join(ROOT, 'src/resources');
const HEADER = readFileSync(join(ROOT, 'include/belay.h'), 'utf8');
/** The table that begins so, to the first line that is none of it. */
const TABLE = /^\| +\| on rollback +\|\n(?:\|.*\n)+/m;

const NAMED = 'What is not as it was is told to the program in `lost` of struct tjmp:';
/** In the order in which people ask; what is not named comes behind, and what nobody has last. */
const ORDER = [
  'address-space',
  'shared-memory',
  'ipc',
  'threads',
  'descriptors',
  'channels',
  'sockets',
  'terminals',
  'signals',
  'timers',
  'attributes',
];

async function readFates(): Promise<Fates[]> {
  const folders = readdirSync(RESOURCES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const rest = folders.filter((name) => !ORDER.includes(name)).sort();
  const named = ORDER.filter((name) => folders.includes(name));
  const found = [...named, ...rest].map(async (name) => {
    const module = join(RESOURCES, name, 'fates.ts');
    if (!existsSync(module)) throw new Error(`resources/${name} does not say what becomes of it`);
    return ((await import(module)) as { fates: Fates }).fates;
  });
  return [...(await Promise.all(found)), beyond];
}

function tableOf(all: readonly Fates[]): string {
  const rows = all.flatMap(({ rows }) => rows);
  const lines = rows.map(({ what, becomes }) => `| ${what} | ${becomes} |`);
  return ['| | on rollback |', '| --- | --- |', ...lines, ''].join('\n');
}

/** As the header that programs include says it. */
function bitLine(bit: string): string {
  const name = `TJMP_LOST_${bit.toUpperCase()}`;
  const comment = new RegExp(`${name} +\\d+ +/\\* (.*?) \\*/`).exec(HEADER)?.[1];
  if (comment === undefined) throw new Error(`include/belay.h has no ${name}`);
  return `- \`${name}\`: ${comment}`;
}

function sectionOf({ title, bits, rows }: Fates): string {
  const told = rows.map(({ what, becomes, more }) => {
    return `**${what}:** ${becomes}${more === undefined ? '' : `\n\n${more}`}\n`;
  });
  const lines = bits.map(bitLine).join('\n');
  const named = bits.length === 0 ? '' : `${NAMED}\n\n${lines}\n`;
  return [`## ${title}`, ...told, named].join('\n\n');
}

function pageOf(all: readonly Fates[]): string {
  const head =
    '# What happens to my ...\n\n' +
    'What becomes of each kind of state when a program goes back on a fallback point. What ' +
    'cannot come back is named: beforehand by `belay show`, where it can be known, and ' +
    'afterwards by `belay log`, in lines that begin with `!`. This page is made from what each ' +
    'module of [src/resources](../ARCHITECTURE.md#the-source) says of itself, by `npm run fates`.';
  return `${[head, ...all.map(sectionOf)].join('\n\n')}\n`;
}

/** The documents as they should be, by their paths. */
export async function writeDocuments(): Promise<Map<string, string>> {
  const all = await readFates();
  const options = { ...(await resolveConfig(join(ROOT, 'README.md'))), parser: 'markdown' };
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  if (!TABLE.test(readme)) throw new Error('README.md has no table of what is put back');
  const table = tableOf(all);
  return new Map([
    [
      'README.md',
      await format(
        readme.replace(TABLE, () => table),
        options,
      ),
    ],
    ['docs/what-happens.md', await format(pageOf(all), { ...options, proseWrap: 'always' })],
  ]);
}

/** Those that say something else at present. */
export async function findUntrue(): Promise<string[]> {
  const documents = await writeDocuments();
  return [...documents.keys()].filter((name) => {
    const path = join(ROOT, name);
    return !existsSync(path) || readFileSync(path, 'utf8') !== documents.get(name);
  });
}

if (import.meta.main) {
  for (const [name, text] of await writeDocuments()) writeFileSync(join(ROOT, name), text);
}
