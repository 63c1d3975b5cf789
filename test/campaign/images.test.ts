/**
 * The images of every point of a campaign are plain data: encoded, decoded in another process and
 * encoded there they are the same bytes, and no rollback or later point changes them.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AddressSpace } from '../../src/resources/address-space/address-space.ts';
import { Attributes } from '../../src/resources/attributes/attributes.ts';
import { OwnSettings } from '../../src/resources/attributes/own-settings.ts';
import { Channels } from '../../src/resources/channels/channels.ts';
import { Credentials } from '../../src/resources/credentials/credentials.ts';
import { Descriptors } from '../../src/resources/descriptors/descriptors.ts';
import { OwnTables } from '../../src/resources/descriptors/own-tables.ts';
import { Ipc } from '../../src/resources/ipc/ipc.ts';
import { PointClocks } from '../../src/resources/descriptors/point-clocks.ts';
import { UnreadEvents } from '../../src/resources/descriptors/unread-events.ts';
import type { Resource } from '../../src/resources/resource.ts';
import { PendingSignals } from '../../src/resources/signals/pending-signals.ts';
import { Signals } from '../../src/resources/signals/signals.ts';
import { SharedMemory } from '../../src/resources/shared-memory/shared-memory.ts';
import { Sockets } from '../../src/resources/sockets/sockets.ts';
import { PtyMasters } from '../../src/resources/terminals/pty-masters.ts';
import { Terminals } from '../../src/resources/terminals/terminals.ts';
import { Crew } from '../../src/resources/threads/crew.ts';
import { Sandboxes } from '../../src/resources/threads/sandboxes.ts';
import { SchedulingOfThreads } from '../../src/resources/threads/scheduling-of-threads.ts';
import { ThreadStates } from '../../src/resources/threads/thread-states.ts';
import { Timers } from '../../src/resources/timers/timers.ts';
import { makeWatchedBelay } from '../support/watched-belay.ts';
import { runCampaign } from './campaign.ts';

const FALLS = 100;
const LIMIT_MS = 20_000;

/** Here is no process to be watched: decoding must do without. */
const codecs = new Map(
  [
    ['threads', Crew],
    ['address space', AddressSpace],
    ['descriptors', Descriptors],
    ['signal dispositions', Signals],
    ['pending signals', PendingSignals],
    ['thread states', ThreadStates],
    ['sandboxes', Sandboxes],
    ['credentials', Credentials],
    ['descriptor tables of threads', OwnTables],
    ['terminals', Terminals],
    ['masters of pseudo-terminals', PtyMasters],
    ['shared memory', SharedMemory],
    ['timers', Timers],
    ['sockets', Sockets],
    ['attributes', Attributes],
    ['semaphores and message queues', Ipc],
    ['clocks', PointClocks],
    ['unread events', UnreadEvents],
    ['settings of its own', OwnSettings],
    ['scheduling of threads', SchedulingOfThreads],
    ['channels', Channels],
  ].map(([name, kind]) => [
    name as string,
    Object.create((kind as typeof Crew).prototype as object) as Resource,
  ]),
);

interface Written {
  readonly cd: number;
  readonly name: string;
  readonly when: 'made' | 'gone';
  readonly bytes: string;
}

test('images survive other processes, and never change', async (t) => {
  const seed = BigInt(process.env.BELAY_CAMPAIGN_SEED ?? Date.now());
  t.diagnostic(`seed ${seed}; repeat with BELAY_CAMPAIGN_SEED=${seed}`);
  const directory = mkdtempSync(join(tmpdir(), 'belay-images-'));
  chmodSync(directory, 0o755);
  const file = join(directory, 'images');
  writeFileSync(file, '');
  process.env.BELAY_IMAGES = file;
  try {
    const belay = makeWatchedBelay(directory, join(import.meta.dirname, 'image-check.ts'));
    let made = new Map<string, string>();
    const counts = { made: 0, gone: 0 };
    const check = (): void => {
      for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
        const { cd, name, when, bytes } = JSON.parse(line) as Written;
        counts[when] += 1;
        const key = `${name} of point ${cd}`;
        if (when === 'made') made.set(key, bytes);
        else assert.equal(bytes, made.get(key), `${key} has changed since it was made`);
        const codec = codecs.get(name);
        assert.ok(codec, name);
        const again = codec.encode(codec.decode(Buffer.from(bytes, 'base64')));
        assert.equal(Buffer.from(again).toString('base64'), bytes, `${key} comes back another`);
      }
      writeFileSync(file, '');
      made = new Map();
    };
    const falls = await runCampaign({
      seed,
      count: FALLS,
      limitMs: LIMIT_MS,
      belay,
      onLife: check,
    });
    assert.ok(falls >= 50 && counts.made >= 50 && counts.gone >= 250, JSON.stringify(counts));
    t.diagnostic(`${falls} falls, ${counts.made} images made, ${counts.gone} seen again`);
  } finally {
    Reflect.deleteProperty(process.env, 'BELAY_IMAGES');
    rmSync(directory, { recursive: true, force: true });
  }
});
