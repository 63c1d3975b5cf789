/**
 * Programs that probe an address and end with 1: an honest answer where their handler has coped,
 * wherever it ran and however it was left; the sign of one that has not, where it is the handler
 * itself that ends the program.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { test } from 'node:test';
import { run } from '../../src/index.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';
import { endAfterTests } from './started.ts';

const STACKS = ['none', 'array', 'mapped', 'above', 'thread'];
const HEALTHY = ['near', 'far', 'plain', 'deep', 'nested', 'returns', 'slow'];
const UNWELL = ['within', 'within2'];

/** One after the other, each a child of the shell: they share a supervisor. */
const SCRIPT = `
program=$1; go=$2; shift 2
for stack in $1; do for way in $2; do
  "$program" $stack $way "$go/go-$stack-$way"
  echo "ended $stack $way $?"
done; done`;

const place = usePlace();

/** What each program did, by its arguments: how often it went, and how it ended. */
async function probeAll(ways: readonly string[]): Promise<string[]> {
  const program = await compileProgram('probes', place);
  const words = ['-c', SCRIPT, 'sh', program, place, STACKS.join(' '), ways.join(' ')];
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  await using supervised = await run('sh', words, { retries: 2, stdio });
  endAfterTests(supervised.pid, supervised.exited);
  assert(supervised.stdout !== null);
  const turns = STACKS.flatMap((stack) => ways.map((way) => `${stack}-${way}`));
  const ends: string[] = [];
  let went = 0;
  for await (const line of createInterface(supervised.stdout)) {
    const [what = '', ...rest] = line.split(' ');
    if (what === 'ready') {
      went = 0;
      await supervised.checkpoint({ pid: Number(rest[0]) });
      writeFileSync(path.join(place, `go-${turns[ends.length] ?? ''}`), '');
    } else if (what === 'goes') went += 1;
    else if (what === 'ended') ends.push(`${rest.join(' ')}: went ${went} times`);
  }
  return ends;
}

function expected(ways: readonly string[], times: number): string[] {
  return STACKS.flatMap((stack) => ways.map((way) => `${stack} ${way} 1: went ${times} times`));
}

test('a program whose handler has coped ends as it says', async () => {
  assert.deepEqual(await probeAll(HEALTHY), expected(HEALTHY, 1));
});

test('a program whose handler ends it goes back, and ends as it says at last', async () => {
  assert.deepEqual(await probeAll(UNWELL), expected(UNWELL, 3));
});
