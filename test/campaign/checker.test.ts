/** The checker can fail: each sort of difference, made on purpose, is found and named. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { after, test } from 'node:test';
import { openWorkshop } from './campaign.ts';
import { type Snapshot, takeSnapshot } from './checker.ts';
import { type Difference, compareSnapshots, processorNotes, sameCall } from './compare.ts';
import { mergeMappings } from './merge-mappings.ts';
import { TargetProcess } from './target-process.ts';
import { COMMAND, type Hello, OPS, type Parked, type TargetRecord } from './wire.ts';

const workshop = openWorkshop();
after(() => workshop[Symbol.dispose]());

const OUT_RBX = 136 + 8;
const IN_RBX = 8;
const DUMPED_XMM0 = 4544 + 160;

/** A target that runs without belay and stands still between commands. */
class PlainTarget implements AsyncDisposable {
  readonly process: TargetProcess;
  readonly parked: Parked[] = [];
  hello: Hello = { type: 'hello', pid: 0, frame: 0, why: 0, workers: 0, rseq: 0, report: 0 };

  constructor(threads: number, stops: boolean) {
    const mode = stops ? 'plain,stops' : 'plain';
    const command = [workshop.target, workshop.dataFile, '7', String(threads), mode];
    this.process = new TargetProcess({ command, stops });
  }

  async #until<T extends TargetRecord['type']>(
    type: T,
  ): Promise<Extract<TargetRecord, { type: T }>> {
    for (;;) {
      const record = await this.process.next();
      if (record.type === 'parked') this.parked.push(record);
      if (record.type === type) return record as Extract<TargetRecord, { type: T }>;
      assert.notEqual(record.type, 'bad', JSON.stringify(record));
    }
  }

  static async start(threads: number, stops = false): Promise<PlainTarget> {
    const target = new PlainTarget(threads, stops);
    target.hello = await target.#until('hello');
    target.parked.length = 0;
    target.process.send({ what: COMMAND.point, seed: 11n });
    await target.#until('point');
    await target.#stands();
    return target;
  }

  /** Does one thing to itself (or nothing) and stands still again. */
  async stand(op?: string, seed = 3n): Promise<Snapshot> {
    const number = op === undefined ? -1 : OPS.indexOf(op);
    this.process.send({ what: COMMAND.damage, seed, op: number });
    await this.#until('point');
    await this.#stands();
    return takeSnapshot(this.process.pid);
  }

  async #stands(): Promise<void> {
    const spinning = new Set(this.parked.filter((p) => p.number === -1).map((p) => p.tid));
    await this.process.standstill(
      (thread) => spinning.has(thread.tid) || /^\d/.test(thread.call) || this.process.stops,
    );
  }

  compare(before: Snapshot, now: Snapshot): Difference[] {
    const ranges = processorNotes([this.hello.rseq, ...this.parked.map((p) => p.rseq)]);
    return compareSnapshots(before, now, { ranges, frame: this.hello.frame });
  }

  flipByte(address: number): void {
    const memory = openSync(`/proc/${this.process.pid}/mem`, 'r+');
    const byte = Buffer.alloc(1);
    readSync(memory, byte, 0, 1, address);
    byte[0] = (byte[0] ?? 0) ^ 1;
    writeSync(memory, byte, 0, 1, address);
    closeSync(memory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.end();
  }
}

for (const stops of [false, true])
  test(`nothing done is no difference (${stops ? 'stopping' : 'waiting'})`, async () => {
    await using target = await PlainTarget.start(6, stops);
    const before = await target.stand();
    for (let i = 0; i < 5; i++) assert.deepEqual(target.compare(before, await target.stand()), []);
    assert.ok(before.memory.addresses.length > 300, 'it reads the memory');
    assert.equal(before.threads.length, 7);
  });

test('one flipped byte of memory is found where it is', async () => {
  await using target = await PlainTarget.start(2);
  const before = await target.stand();
  const own = before.mappings.filter((m) => m.permissions === 'rw-p' && m.path === '');
  const existing = before.memory.addresses.filter((page) =>
    own.some((m) => page >= m.start && page < m.end),
  );
  const address = (existing[existing.length >> 1] ?? 0) + 1234;
  target.flipByte(address);
  const [difference, ...more] = target.compare(before, takeSnapshot(target.process.pid));
  assert.deepEqual(more, []);
  assert.equal(difference?.kind, 'memory');
  assert.match(difference.text, new RegExp(`^0x${address.toString(16)}-`));
});

test('a byte written to a page that did not exist is found', async () => {
  await using target = await PlainTarget.start(0);
  const before = await target.stand();
  const exists = new Set(before.memory.addresses);
  const mapping = before.mappings.find(
    (m) => m.permissions === 'rw-p' && m.inode === 0 && !exists.has(m.end - 4096),
  );
  assert.ok(mapping, 'a mapping whose last page does not exist');
  target.flipByte(mapping.end - 1);
  const differences = target.compare(before, takeSnapshot(target.process.pid));
  assert.equal(differences.length, 1);
  assert.match(differences[0]?.text ?? '', /was 00 is 01/);
});

for (const [name, offset] of [
  ['register rbx', OUT_RBX],
  ['extended state byte 160', DUMPED_XMM0],
] as const)
  test(`another value in the dump of ${name} is named`, async () => {
    await using target = await PlainTarget.start(0);
    const before = await target.stand();
    target.flipByte(target.hello.frame + offset);
    const differences = target.compare(before, takeSnapshot(target.process.pid));
    assert.equal(differences[0]?.kind, 'register');
    assert.match(differences[0].text, new RegExp(`^${name}: `));
  });

for (const [op, kind] of [
  ['mmap', 'mapping'],
  ['munmap', 'mapping'],
  ['mprotect', 'mapping'],
  ['map-over', 'mapping'],
  ['brk-grow', 'mapping'],
  ['stack-grow', 'mapping'],
  ['noise', 'memory'],
  ['rename', 'thread'],
  ['rename-other', 'thread'],
  ['mask', 'thread'],
  ['dispositions', 'thread'],
  ['end-thread', 'thread'],
  ['files', 'file'],
] as const)
  test(`what ${op} does is found as a difference of ${kind}`, async () => {
    await using target = await PlainTarget.start(3);
    const before = await target.stand();
    let found: Difference[] = [];
    for (let seed = 1n; seed <= 20n && found.length === 0; seed++) {
      const now = await target.stand(op, seed);
      found = target.compare(before, now).filter((difference) => difference.kind === kind);
    }
    assert.notEqual(found.length, 0);
  });

test('a worker notices a register that is not as it was', async () => {
  await using target = await PlainTarget.start(4);
  await target.stand();
  const worker = target.parked[0];
  assert.ok(worker);
  target.flipByte(worker.frame + IN_RBX);
  target.process.send({ what: COMMAND.verify, seed: 1n });
  let record: TargetRecord;
  do record = await target.process.next();
  while (record.type !== 'bad' && record.type !== 'done');
  assert.equal(record.type, 'bad');
  assert.match(record.text, new RegExp(`thread ${worker.tid} .*register rbx: expected`));
});

test('every worker comes back as it went, in each kind of wait', async () => {
  await using target = await PlainTarget.start(16);
  for (let seed = 1n; seed <= 10n; seed++) {
    target.process.send({ what: COMMAND.verify, seed });
    let record: TargetRecord;
    do record = await target.process.next();
    while (record.type === 'parked');
    assert.deepEqual(record, { type: 'done', result: 16n });
  }
  target.process.send({ what: COMMAND.quit });
  assert.deepEqual(await target.process.next(), { type: 'done', result: 16n });
  assert.equal(await target.process.ended, 'exit status 0');
});

test('neighbouring mappings are one, but not across what differs', () => {
  const base = { offset: 0, device: '00:00', inode: 0, path: '' };
  const a = { ...base, start: 0x1000, end: 0x2000, permissions: 'rw-p' };
  const b = { ...base, start: 0x2000, end: 0x3000, permissions: 'rw-p' };
  const c = { ...base, start: 0x3000, end: 0x4000, permissions: 'r--p' };
  const file = { ...c, start: 0x4000, end: 0x5000, inode: 5, path: '/f' };
  const jump = { ...file, start: 0x5000, end: 0x6000, offset: 0x5000 };
  assert.deepEqual(mergeMappings([a, b, c, file, jump]), [{ ...a, end: 0x3000 }, c, file, jump]);
});

test('a thread is where it was when only the stop differs', () => {
  const call = '35 0x1 0x2 0x3 0x4 0x5 0x6 0x7000 0x400002';
  assert.ok(sameCall(call, call));
  assert.ok(sameCall(call, '-1 0x7000 0x400000'));
  assert.ok(sameCall(call, call.replace('35', '219')));
  assert.ok(!sameCall(call, '-1 0x7000 0x400100'));
  assert.ok(!sameCall(call, '-1 0x7008 0x400002'));
  assert.ok(!sameCall(call, call.replace('0x3', '0x33')));
  assert.ok(!sameCall(call, call.replace('35', '0')));
});
