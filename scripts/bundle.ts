/**
 * Bundles the sources of this checkout, unless that is done: bin/belay then starts in half the time
 * and takes two thirds of the memory. Nothing depends on it: where it is missing, or not of the
 * sources as they are (bundle-entry.ts looks at every start), those are what runs.
 *
 *   node_modules/.cache/belay/bundle/
 *     launch/main.js, cli/main.js      what bin/belay begins
 *     current.json                     the generation that they look for: see looked.ts
 *     GENERATION/package.json, src/…   what is bundled, laid out as it is published
 *
 * A supervisor begins threads of its own generation long after its start: some are kept.
 */
import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENTRIES } from '../src/own-file.ts';
import { bundleFile, bundleSources } from './bundle-sources.ts';
import { findFresh, lookAt, type Bundled, type Looked } from './looked.ts';

const BEGUN = ['launch/main', 'cli/main'];
/** What makes a difference besides what is bundled. */
const ALSO = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  ...['bundle', 'bundle-entry', 'bundle-sources', 'looked'].map((name) => `scripts/${name}.ts`),
];
const FOLDER = 'node_modules/.cache/belay/bundle';
const GENERATION = /^\d+-\d+$/;
/** Chosen: some 2 MB each. */
const KEPT = 5;
/** Chosen: more than the grain of a file system's clock, which goes by the kernel's ticks. */
const GRAIN_MS = 50;

/** With the slash at its end. */
const root = join(import.meta.dirname, '../');
const bundle = join(root, FOLDER);
const current = join(bundle, 'current.json');

async function make(): Promise<void> {
  const generation = `${Date.now()}-${process.pid}`;
  const place = join(bundle, generation);
  try {
    const looked = await makeGeneration(generation, place);
    looked.push(...(await makeBegun()));
    replace(current, JSON.stringify({ generation, looked } satisfies Bundled));
  } catch (error) {
    rmSync(place, { recursive: true, force: true });
    throw error;
  }
}

async function makeGeneration(generation: string, place: string): Promise<Looked[]> {
  mkdirSync(place, { recursive: true });
  copyFileSync(join(root, 'package.json'), join(place, 'package.json'));
  const begunMs = statSync(join(place, 'package.json')).ctimeMs;
  const sources = await bundleSources(root, join(place, 'src'), { external: ['koffi'] });
  const looked = [...new Set([...sources, ...ALSO])].map((path) => lookAt(root, path));
  const edited = looked.find(([, , , changedMs]) => changedMs > begunMs - GRAIN_MS);
  if (edited !== undefined) throw new Error(`${edited[0]} has just been changed`);
  const made = ENTRIES.map((entry) => join(FOLDER, generation, 'src', `${entry}.js`));
  return [...looked, ...made.map((path) => lookAt(root, path))];
}

/** They are the same in every generation, unless their own source is edited. */
async function makeBegun(): Promise<Looked[]> {
  replace(join(bundle, 'package.json'), '{"type":"module"}\n');
  const text = await bundleFile(join(import.meta.dirname, 'bundle-entry.ts'));
  return BEGUN.map((entry) => {
    replace(join(bundle, `${entry}.js`), text);
    return lookAt(root, join(FOLDER, `${entry}.js`));
  });
}

/** At once, since others may be about to read it, and only when it is not so already. */
function replace(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const draft = `${path}.${process.pid}`;
  mkdirSync(join(path, '..'), { recursive: true });
  try {
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function forgetOld(): void {
  const generations = readdirSync(bundle).filter((name) => GENERATION.test(name));
  const timeOf = (name: string) => Number.parseInt(name, 10);
  generations.sort((one, other) => timeOf(other) - timeOf(one));
  for (const name of generations.slice(KEPT)) {
    rmSync(join(bundle, name), { recursive: true, force: true });
  }
}

/** bin/belay takes no code from such a directory. */
function warnOfOthers(): void {
  const folders = ['node_modules', 'node_modules/.cache', 'node_modules/.cache/belay'];
  const open = folders.find((folder) => {
    const { mode, uid } = lstatSync(join(root, folder));
    return (mode & 0o022) !== 0 || uid !== process.geteuid?.();
  });
  if (open === undefined) return;
  console.error(`what is bundled is not used: ${open} is not yours, or others can write in it`);
  console.error(`hint: chmod go-w ${open}`);
}

process.umask(0o077);
if (findFresh(root, current) === undefined) {
  try {
    await make();
    forgetOld();
    warnOfOthers();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`the sources are not bundled, and will run as they are: ${why}`);
  }
}
