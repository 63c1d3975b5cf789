/**
 * `belay attach` to programs with threads that run already: redis-server, with a connection open
 * since before, and a Python program whose calls were not answered until then.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { attach } from '../../src/index.ts';
import { PYTHON } from '../support/paths.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';
import { fill, findFreePort, readContents, RedisConnection, startRedis } from './redis.ts';
import { belay, start, until } from './started.ts';

const FALLS = 3;

const place = usePlace();

describe('belay attach', () => {
  test('redis-server falls and answers on, on a connection that is older', async () => {
    const port = await findFreePort();
    const { pid, exited } = startRedis(port, place);
    const connection = await RedisConnection.open(port);
    const contents = await fill(connection);
    await belay('attach', '--peers=keep', '--retries', String(FALLS), String(pid));
    await belay('checkpoint', String(pid));
    for (let fall = 1; fall <= FALLS; fall++) {
      const newer = await RedisConnection.open(port);
      assert.equal(await newer.ask('SET', 'new', fall), 'OK');
      newer.tell('DEBUG', 'SEGFAULT');
      await until('the newer connection is hung up', () => newer.isClosed);
      assert.deepEqual(await readContents(connection), contents);
    }
    await until('all is logged', async () => countFalls(await belay('log', String(pid))) === FALLS);
    assert.equal(connection.isClosed, false);
    const supervised = await attach(pid);
    await supervised.detach();
    connection.tell('DEBUG', 'SEGFAULT');
    assert.deepEqual(await exited, { code: null, signal: 'SIGSEGV' });
  });

  test('a Python program with nine threads has its calls answered from then on', async () => {
    const program = path.join(import.meta.dirname, 'programs/attached.py');
    const env = { ...process.env, PYTHONPATH: PYTHON, PYTHONDONTWRITEBYTECODE: '1' };
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const { pid, child, exited } = start(['/usr/bin/python3', program], { env, stdio: [...stdio] });
    assert(child.stdout !== null);
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    assert.equal(line, 'waiting');
    const rest = text(child.stdout);
    await belay('attach', String(pid));
    assert.equal(await rest, 'ok\n');
    assert.deepEqual(await exited, { code: 0, signal: null });
  });

  for (const kind of ['leader', 'ring']) {
    test(`a program with a thread that runs none of its code: ${kind}`, async (t) => {
      const program = await compileProgram('odd-threads', place);
      const { pid, child, exited } = start([program, kind], { stdio: ['pipe', 'pipe', 'inherit'] });
      assert(child.stdin !== null && child.stdout !== null);
      const lines = createInterface(child.stdout);
      const [what] = (await once(lines, 'line')) as [string];
      if (what !== kind) t.diagnostic(what);
      await belay('attach', String(pid));
      child.stdin.write('one');
      await belay('checkpoint', String(pid));
      child.stdin.write('two');
      await belay('rewind', String(pid));
      const last = once(lines, 'line');
      child.stdin.end();
      assert.deepEqual(await last, ['ok']);
      assert.deepEqual(await exited, { code: 0, signal: null });
      const isListed = async () => (await belay('ps')).includes(`${pid} `);
      await until('its supervisor has ended', async () => !(await isListed()));
    });
  }
});

function countFalls(log: string): number {
  return log.match(/ fell: /g)?.length ?? 0;
}
