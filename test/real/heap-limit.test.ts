/**
 * Node programs that die of V8's "heap out of memory", and are put back: one that sets its own
 * points, and a web server that knows nothing of belay.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { run } from '../../src/index.ts';
import { runUnderBelay } from '../support/belay.ts';
import { runProcess } from '../support/run-process.ts';
import { usePlace } from './place.ts';
import { programPath } from './program-path.ts';
import { belay, endAfterTests } from './started.ts';

const OUT_OF_MEMORY = /FATAL ERROR: .*JavaScript heap out of memory/g;
const FALLS = 10;
const NODE = [process.execPath, '--max-old-space-size=32'] as const;

usePlace();

/** The answer's body; where `agent` is given, over a connection that was there before. */
async function request(url: string, agent: http.Agent | false): Promise<string> {
  const sent = http.get(url, { agent });
  sent.once('socket', () => {
    assert.equal(sent.reusedSocket, agent !== false);
  });
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
  return text(response);
}

describe('heap out of memory', () => {
  const command = [...NODE, programPath('greedy.ts')] as const;

  test('ends a Node program without belay', async () => {
    const result = await runProcess([...command, 'alone']);
    assert.equal(result.signal, 'SIGABRT');
    assert.equal(result.stderr.match(OUT_OF_MEMORY)?.length, 1);
  });

  test(`is survived ${FALLS} times by one that sets points`, async () => {
    const result = await runUnderBelay(command);
    assert.deepEqual([result.stdout, result.code], ['ok 49995000\n', 0], result.stderr);
    assert.equal(result.stderr.match(OUT_OF_MEMORY)?.length, FALLS);
  });

  test('is survived by a web server with a point from outside', async () => {
    const [file, ...args] = [...NODE, programPath('server.ts')];
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const server = await run(file, args, { stdio: [...stdio], retries: FALLS, peers: 'keep' });
    endAfterTests(server.pid, server.exited);
    assert(server.stdout !== null);
    const [port] = (await once(createInterface(server.stdout), 'line')) as [string];
    const url = `http://127.0.0.1:${port}`;
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    http.get(`${url}/count`, { agent }, (response) => response.resume());
    await once(agent, 'free');
    await belay('checkpoint', String(server.pid));
    for (let fall = 0; fall < FALLS; fall++) {
      assert.equal(await request(`${url}/count`, agent), '2');
      await assert.rejects(request(`${url}/greedy`, false), { code: 'ECONNRESET' });
      const [status] = await server.status();
      assert.deepEqual([status?.falls, status?.warnings], [fall + 1, []]);
    }
    agent.destroy();
  });
});
