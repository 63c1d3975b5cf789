/** Where state directories are, who is trusted with them, and which are cleared away. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readRollbackState } from '../../src/registry/rollback-state.ts';
import {
  listStateDirectories,
  ownBaseDirectory,
  readSupervisorFile,
} from '../../src/registry/state-files.ts';
import { createStateDirectory, pruneStateDirectories } from '../../src/registry/state-directory.ts';
import { makeBase, ownSupervisorFile } from './worker-harness.ts';

const uid = process.geteuid?.() ?? 0;
/** Above any pid there can be: nothing of that pid runs. */
const NO_PID = 2 ** 22 + 1;
let parent = '';

beforeEach(() => {
  parent = makeBase();
});

afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
});

test('the base is BELAY_DIR, /run/belay, the runtime directory, or /tmp/belay-UID', () => {
  const base = (asUid: number, env: Record<string, string>): string =>
    ownBaseDirectory({ uid: asUid, env }).path;
  assert.equal(base(0, {}), '/run/belay');
  assert.equal(base(0, { XDG_RUNTIME_DIR: parent }), '/run/belay');
  assert.equal(base(0, { BELAY_DIR: '/x' }), '/x');
  assert.equal(base(1234, { BELAY_DIR: '' }), '/tmp/belay-1234');
  assert.equal(base(1234, {}), '/tmp/belay-1234');
  assert.equal(base(1234, { XDG_RUNTIME_DIR: '/does/not/exist' }), '/tmp/belay-1234');
});

test('a runtime directory is used only if it is ours alone', (t) => {
  if (uid === 0) chownSync(parent, 1234, 1234);
  const asUid = uid === 0 ? 1234 : uid;
  const base = (): string =>
    ownBaseDirectory({ uid: asUid, env: { XDG_RUNTIME_DIR: parent } }).path;
  assert.equal(base(), join(parent, 'belay'));
  chmodSync(parent, 0o770);
  assert.equal(base(), `/tmp/belay-${asUid}`);
  chmodSync(parent, 0o707);
  assert.equal(base(), `/tmp/belay-${asUid}`);
  t.diagnostic(`as user ${asUid}`);
});

test('a directory is made for its owner only, with all that is to be found in it', () => {
  const base = { path: join(parent, 'base'), uid };
  const file = ownSupervisorFile();
  const directory = createStateDirectory(file, base);
  assert.equal(directory, join(base.path, `${file.pid}-${file.startTime}`));
  for (const path of [base.path, directory]) assert.equal(lstatSync(path).mode & 0o777, 0o700);
  assert.deepEqual(readSupervisorFile(directory), file);
  assert.deepEqual(readRollbackState(directory), { phase: 0, pid: file.pid, cd: 0, timeMs: 0 });
  assert.deepEqual(listStateDirectories(base), [directory]);
  for (const name of readdirSync(directory)) {
    assert.equal(lstatSync(join(directory, name)).mode & 0o077, 0, name);
  }
});

test('the same process supervised again keeps its directory', () => {
  const base = { path: join(parent, 'base'), uid };
  const directory = createStateDirectory(ownSupervisorFile(), base);
  const again = ownSupervisorFile({ version: '9.9.9' });
  assert.equal(createStateDirectory(again, base), directory);
  assert.equal(readSupervisorFile(directory)?.version, '9.9.9');
});

test('a base that is a link, of others, or open to others is refused', () => {
  const real = join(parent, 'real');
  mkdirSync(real, { mode: 0o700 });
  const refused = (path: string, owner: number, why: RegExp): void => {
    const make = (): unknown => createStateDirectory(ownSupervisorFile(), { path, uid: owner });
    assert.throws(make, { name: 'BelayError', code: 'EPERM', message: why });
    assert.deepEqual(listStateDirectories({ path, uid: owner }), []);
  };
  symlinkSync(real, join(parent, 'link'));
  refused(join(parent, 'link'), uid, /not a directory/);
  refused(real, uid + 1, /belongs to user/);
  chmodSync(real, 0o720);
  refused(real, uid, /others can write in it/);
  writeFileSync(join(parent, 'file'), '');
  refused(join(parent, 'file'), uid, /not a directory/);
  refused(join(parent, 'no', 'such'), uid, /cannot make the directory/);
});

test('a state directory that somebody else put there is refused', () => {
  const base = { path: join(parent, 'base'), uid };
  const file = ownSupervisorFile();
  const directory = join(base.path, `${file.pid}-${file.startTime}`);
  mkdirSync(base.path, { mode: 0o700 });
  symlinkSync(parent, directory);
  assert.throws(() => createStateDirectory(file, base), { code: 'EPERM' });
  assert.deepEqual(listStateDirectories(base), []);
});

test('a supervisor file that makes no sense is none', () => {
  const base = { path: join(parent, 'base'), uid };
  const directory = createStateDirectory(ownSupervisorFile(), base);
  const path = join(directory, 'supervisor.json');
  const good = JSON.stringify(ownSupervisorFile());
  for (const text of ['', '{', '[]', 'null', '{"pid":1}', good.replace('"retries":3', '"r":3')]) {
    writeFileSync(path, text);
    assert.equal(readSupervisorFile(directory), undefined, text);
  }
  rmSync(path);
  symlinkSync('/proc/self/status', path);
  assert.equal(readSupervisorFile(directory), undefined);
});

test('ended programs are cleared away but for the newest; live ones stay', () => {
  const base = { path: join(parent, 'base'), uid };
  const live = createStateDirectory(ownSupervisorFile(), base);
  utimesSync(live, 1, 1);
  const ended = Array.from({ length: 5 }, (_, index) => {
    const file = ownSupervisorFile({ pid: NO_PID + index, supervisorPid: NO_PID });
    const directory = createStateDirectory(file, base);
    utimesSync(directory, 1000 + index, 1000 + index);
    return directory;
  });
  pruneStateDirectories(base, 2);
  assert.ok(existsSync(live));
  assert.deepEqual(
    ended.map((path) => existsSync(path)),
    [false, false, false, true, true],
  );
});
