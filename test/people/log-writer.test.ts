/** The writer of the log: whatever becomes of the file, what is missing is counted and told. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readLog } from '../../src/client/log-reader.ts';
import { LogWriter } from '../../src/desk/log-writer.ts';
import { fitRecord, RECORD_MAX_BYTES } from '../../src/protocol/record-size.ts';
import type { LogRecord } from '../../src/protocol/records.ts';
import { LOG_FILE, OLD_LOG_FILE, readSupervisorFile } from '../../src/registry/state-files.ts';
import { createStateDirectory, remakeStateDirectory } from '../../src/registry/state-directory.ts';
import { makeFall, makeBase, ownSupervisorFile } from './worker-harness.ts';

let base = '';
let directory = '';
let path = '';
const file = ownSupervisorFile();

beforeEach(() => {
  base = makeBase();
  directory = createStateDirectory(file, { path: base, uid: file.uid });
  path = join(directory, LOG_FILE);
});

afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

/** The numbers of the falls in the log, and of the lost ones in their place. */
function readTold(bad = { count: 0 }): string[] {
  const records = [...readLog(directory, bad)];
  return records.flatMap((record) => {
    if (record.type === 'fall') return [record.cd.toString()];
    return record.type === 'lost' ? [`${record.count} lost`] : [];
  });
}

function fall(cd: number): LogRecord {
  return makeFall({ cd, time: cd });
}

test('a log that was deleted is made anew', () => {
  const log = new LogWriter(directory);
  log.append(fall(1));
  rmSync(path);
  log.append(fall(2));
  log.append(fall(3));
  log.close();
  assert.deepEqual(readTold(), ['2', '3']);
});

test('a log that was moved away is left alone', () => {
  const log = new LogWriter(directory);
  log.append(fall(1));
  renameSync(path, `${path}.1`);
  log.append(fall(2));
  log.close();
  assert.deepEqual(readTold(), ['2']);
  assert.match(readFileSync(`${path}.1`, 'utf8'), /"cd":1,[^\n]*\n$/);
});

test('a log deleted just before its rotation is no reason to stop', () => {
  const log = new LogWriter(directory, 10);
  log.append(fall(1));
  rmSync(path);
  log.append(fall(2));
  log.append(fall(3));
  log.close();
  assert.deepEqual(readTold(), ['2', '3']);
});

test('a log emptied by somebody is written from its beginning', () => {
  const log = new LogWriter(directory);
  log.append(fall(1));
  truncateSync(path, 0);
  log.append(fall(2));
  log.close();
  assert.deepEqual(readTold(), ['2']);
});

test('a state directory that is gone is made again, and can be found', () => {
  const log = new LogWriter(directory, undefined, () => {
    remakeStateDirectory(directory, file);
  });
  log.append(fall(1));
  rmSync(base, { recursive: true });
  log.append(fall(2));
  log.close();
  assert.deepEqual(readTold(), ['2']);
  assert.deepEqual(readSupervisorFile(directory), file);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
});

test('what could not be written is counted, and told when it can be', () => {
  const log = new LogWriter(directory);
  mkdirSync(path);
  for (const cd of [1, 2, 3]) log.append(fall(cd));
  assert.equal(log.lost?.count, 3);
  assert.equal(log.flush(), false);
  assert.equal(log.lost.count, 3);
  rmSync(path, { recursive: true });
  log.append(fall(4));
  assert.equal(log.lost, undefined);
  assert.deepEqual(readTold(), ['3 lost', '4']);
  const [lost] = readLog(directory);
  assert(lost?.type === 'lost');
  assert.equal(lost.since, 1);
  assert.match(lost.reason, /^the log cannot be written: /);
});

test('a log that stays unwritable to the end is told of to nobody, and harms nobody', () => {
  const log = new LogWriter(directory);
  mkdirSync(path);
  log.append(fall(1));
  log.close();
  assert.equal(log.lost?.count, 1);
});

test('a pipe in place of the log is not written to, nor waited for', () => {
  spawnSync('mkfifo', [path]);
  const log = new LogWriter(directory);
  log.append(fall(1));
  log.close();
  assert.equal(log.lost?.count, 1);
});

test('where there is no room records are lost and counted, and the next ones are whole', () => {
  const script = join(import.meta.dirname, 'full-disk.ts');
  const command = `ulimit -f 20; exec "${process.execPath}" "${script}" "${directory}"`;
  const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  assert.equal(stderr, '');
  const { made, lost } = JSON.parse(stdout) as { made: number; lost: number };
  assert.equal(lost, 6);
  const written = Array.from({ length: made - 7 }, (_, index) => (index + 1).toString());
  const bad = { count: 0 };
  assert.deepEqual(readTold(bad), [...written, '6 lost', made.toString()]);
  assert.equal(bad.count, 1, 'no record was written in part');
});

test('20,000 falls take no more of the disk than two files', () => {
  const maxBytes = 64 * 1024;
  const log = new LogWriter(directory, maxBytes);
  for (let cd = 1; cd <= 20_000; cd += 1) log.append(fall(cd));
  log.close();
  for (const name of [LOG_FILE, OLD_LOG_FILE]) {
    assert.ok(statSync(join(directory, name)).size <= maxBytes, name);
  }
  const told = readTold().map(Number);
  assert.ok(told.length > 100);
  const first = 20_001 - told.length;
  assert.deepEqual(
    told,
    told.map((_, index) => first + index),
  );
});

test('a fall of megabytes of warnings is told with those that fit, and how many others', () => {
  const warnings = Array.from({ length: 20_000 }, (_, index) => `${index} \u0001${'é'.repeat(50)}`);
  const log = new LogWriter(directory);
  const fitted = fitRecord(makeFall({ warnings }));
  assert(fitted.type === 'fall');
  log.append(fitted);
  log.close();
  assert.equal(log.lost, undefined);
  const [read] = readLog(directory);
  assert(read?.type === 'fall');
  const last = read.warnings.at(-1) ?? '';
  const more = Number(/^and (\d+) more$/.exec(last)?.[1]);
  assert.equal(read.warnings.length - 1 + more, warnings.length);
  assert.ok(statSync(path).size > RECORD_MAX_BYTES / 2);
});

test('a record that is longer than any reader takes is counted as lost', () => {
  const log = new LogWriter(directory);
  log.append({ type: 'warning', time: 1, pid: 1, message: 'x'.repeat(RECORD_MAX_BYTES) });
  log.append(fall(2));
  log.close();
  assert.deepEqual(readTold(), ['1 lost', '2']);
});
