/** Records of falls: named once, where a program falls at one place again and again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FallAnnotator } from '../../src/desk/fall-annotator.ts';
import type { FallRecord } from '../../src/protocol/records.ts';

const MAPS = '00400000-00401000 r-xp 00000000 08:01 42 /bin/falling\n';
const REMAPPED = '00400000-00401000 r-xp 00001000 08:01 42 /bin/falling\n';

function fallAt(ip: string, pid = 7): FallRecord {
  return { type: 'fall', pid, ip, address: '0x400008' } as FallRecord;
}

test('the same fall again is named as before, another one anew', async () => {
  let asked = 0;
  const annotator = new FallAnnotator({
    lookUp: () => {
      asked += 1;
      return Promise.resolve({
        kind: 'found',
        place: { path: `answer ${asked}`, moduleOffset: 0n },
      });
    },
    close: () => undefined,
  });
  const where = async (fall: FallRecord, maps = MAPS): Promise<string | undefined> => {
    const record = await annotator.annotate(fall, Buffer.from(maps));
    assert.equal(record.mapping, maps.trimEnd());
    return record.where?.path;
  };
  assert.equal(await where(fallAt('0x400010')), 'answer 1');
  assert.equal(await where(fallAt('0x400020')), 'answer 2');
  assert.equal(await where(fallAt('0x400020', 8)), 'answer 3');
  assert.equal(await where(fallAt('0x400020', 8), REMAPPED), 'answer 4');
});

test('a fall that could not be named is asked for again', async () => {
  let asked = 0;
  const annotator = new FallAnnotator({
    lookUp: () => {
      asked += 1;
      return Promise.resolve({ kind: 'unnamed', why: 'busy' });
    },
    close: () => undefined,
  });
  for (let round = 1; round <= 2; round += 1) {
    const record = await annotator.annotate(fallAt('0x400010'), Buffer.from(MAPS));
    assert.equal(record.unnamed, 'busy');
    assert.equal(asked, round);
  }
});
