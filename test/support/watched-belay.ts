/**
 * A belay whose supervisor is begun by Node in another way, as with one more module that it loads
 * first: to look at, or interfere with, what goes on inside it. The same script, the same sources,
 * nothing replaced, and not bundled.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BIN_BELAY } from './paths.ts';

/** Writes the script into `directory`; its path. `preload`: the module's path. */
export function makeWatchedBelay(directory: string, preload: string): string {
  return makeFlaggedBelay(directory, ['--import', preload]);
}

/** The same with any options of Node's. */
export function makeFlaggedBelay(directory: string, flags: readonly string[]): string {
  const text = readFileSync(BIN_BELAY, 'utf8');
  const start = '"$source/launch/main.$suffix" run';
  const self = 'self=$0\n';
  const bundle = '  use_bundle\n';
  for (const part of [start, self, bundle]) {
    if (text.split(part).length !== 2) throw new Error(`bin/belay has no single ${part}`);
  }
  const watched = text
    .replace(bundle, '')
    .replace(start, `${flags.map(quote).join(' ')} ${start}`)
    .replace(self, `self=${quote(BIN_BELAY)}\n`);
  const script = path.join(directory, 'belay');
  writeFileSync(script, watched);
  chmodSync(script, 0o755);
  return script;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
