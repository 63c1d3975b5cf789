/**
 * redis-server with 100,000 keys: a point from outside, more writes, a segmentation fault, and it
 * answers on with exactly the keys of the point, over the connections that were open.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FallRecord, Supervised } from '../../src/index.ts';
import { usePlace } from './place.ts';
import {
  fill,
  findFreePort,
  readContents,
  RedisConnection,
  startRedis,
  superviseRedis,
} from './redis.ts';
import { belay } from './started.ts';

const FALLS = 100;
/** A digest takes the server a fifth of a second: after every fourth fall, and so the last. */
const DIGEST_EVERY = 4;
const FALLS_WITH_NEW_POINTS = 12;
/**
 * Its own handler, which has the first try there, writes and reads all of its memory with patterns
 * before it gives up. Three rounds of that are as good as twelve, and take a quarter of the time.
 */
const MEMORY_TESTS = 3;
const WRITES = 20;

const place = usePlace();

/** Writes keys, deletes one of the point's, and makes the server run into a fault. */
async function writeAndFall(
  supervised: Supervised,
  writer: RedisConnection,
  contents: readonly string[],
  round: number,
): Promise<FallRecord> {
  for (let index = 0; index < WRITES; index++) {
    assert.equal(
      await writer.ask('SET', `new:${round}:${index}`, 'y'.repeat(1 + index * 50)),
      'OK',
    );
  }
  assert.equal(await writer.ask('DEL', `key:${round}`), '1');
  const size = Number(contents[0]) + WRITES - 1;
  assert.equal(await writer.ask('DBSIZE'), String(size));
  const fell = new Promise<FallRecord>((resolve) => supervised.once('fall', resolve));
  writer.tell('DEBUG', 'SEGFAULT');
  return fell;
}

async function openTwo(port: number): Promise<[RedisConnection, RedisConnection]> {
  return [await RedisConnection.open(port), await RedisConnection.open(port)];
}

/** Ends it as its user would; it must not have lost its exit status. */
async function shutDown(supervised: Supervised, connection: RedisConnection): Promise<void> {
  connection.tell('SHUTDOWN', 'NOSAVE');
  assert.deepEqual(await supervised.exited, { code: 0, signal: null });
}

describe('redis-server', () => {
  test('dies of a fault, and its keys with it, without belay', async () => {
    const port = await findFreePort();
    const { exited } = startRedis(port, place);
    const connection = await RedisConnection.open(port);
    await fill(connection);
    connection.tell('DEBUG', 'SEGFAULT');
    assert.deepEqual(await exited, { code: null, signal: 'SIGSEGV' });
  });

  test(`goes back ${FALLS} times to one point, and saves what can be loaded`, async () => {
    const port = await findFreePort();
    const supervised = await superviseRedis(port, place, {
      on: ['SIGSEGV'],
      retries: FALLS + 1,
      peers: 'keep',
    });
    const [reader, writer] = await openTwo(port);
    const contents = await fill(reader);
    const made = await belay('checkpoint', String(supervised.pid), '--json');
    assert.match(made, /^\{"cd":1,"pauseUs":[0-9.]+,"pages":\d+\}\n$/);
    for (let round = 1; round <= FALLS; round++) {
      const fall = await writeAndFall(supervised, writer, contents, round);
      assert.deepEqual([fall.signal, fall.cd, fall.rollbacks], ['SIGSEGV', 1, round]);
      assert.equal(await reader.ask('EXISTS', `key:${round}`, `new:${round}:0`), '1');
      assert.equal(await reader.ask('DBSIZE'), contents[0]);
      if (round % DIGEST_EVERY > 0) continue;
      assert.deepEqual(await readContents(reader), contents, `after fall ${round}`);
    }
    assert.deepEqual([reader.isClosed, writer.isClosed], [false, false]);
    assert.equal(await writer.ask('SAVE'), 'OK');
    await shutDown(supervised, writer);
    const { exited } = startRedis(port, place);
    const later = await RedisConnection.open(port);
    assert.deepEqual(await readContents(later), contents);
    later.tell('SHUTDOWN', 'NOSAVE');
    assert.deepEqual(await exited, { code: 0, signal: null });
  });

  test('goes back to a new point each time, and keeps what was written before it', async () => {
    const port = await findFreePort();
    const supervised = await superviseRedis(port, place, { peers: 'keep' });
    const [reader, writer] = await openTwo(port);
    await fill(reader);
    for (let round = 1; round <= FALLS_WITH_NEW_POINTS; round++) {
      assert.equal(await writer.ask('SET', `kept:${round}`, 'z'.repeat(round * 100)), 'OK');
      if (round > MEMORY_TESTS) {
        assert.equal(await writer.ask('CONFIG', 'SET', 'crash-memcheck-enabled', 'no'), 'OK');
      }
      const contents = await readContents(reader);
      const { cd } = await supervised.checkpoint();
      assert.equal(cd, round);
      const fall = await writeAndFall(supervised, writer, contents, round);
      assert.equal(fall.cd, round);
      assert.deepEqual(await readContents(reader), contents, `after fall ${round}`);
    }
    assert.deepEqual([reader.isClosed, writer.isClosed], [false, false]);
    await shutDown(supervised, writer);
  });
});
