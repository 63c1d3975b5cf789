/**
 * parseStatus and parseStat against texts of the kernel, and against what this process knows of
 * itself.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseStat } from '../../src/procfs/stat.ts';
import { parseStatus } from '../../src/procfs/status.ts';

const STATUS = `Name:	redis-server
Umask:	0022
State:	t (tracing stop)
Tgid:	4242
Ngid:	0
Pid:	4243
PPid:	1
TracerPid:	77
Uid:	1000	1001	1002	1003
Gid:	100	101	102	103
FDSize:	64
Groups:	4 24 1000
NStgid:	4242
VmPeak:	   61444 kB
VmSize:	   61440 kB
VmRSS:	   12345 kB
Threads:	6
SigQ:	1/31442
SigPnd:	0000000000000400
ShdPnd:	8000000000000000
SigBlk:	0000000000000001
SigIgn:	0000000000001000
SigCgt:	0000000180014002
CapInh:	0000000000000000
CapPrm:	000001ffffffffff
CapEff:	000001ffffffffff
CapBnd:	000001ffffffffff
CapAmb:	0000000000000000
NoNewPrivs:	1
Seccomp:	2
Seccomp_filters:	3
Speculation_Store_Bypass:	vulnerable
voluntary_ctxt_switches:	150
`;

test('every field of a status', () => {
  assert.deepEqual(parseStatus(STATUS), {
    name: 'redis-server',
    state: 'tracing-stop',
    tgid: 4242,
    pid: 4243,
    ppid: 1,
    tracerPid: 77,
    uid: { real: 1000, effective: 1001, saved: 1002, fileSystem: 1003 },
    gid: { real: 100, effective: 101, saved: 102, fileSystem: 103 },
    threadCount: 6,
    signalsPending: 1n << 10n,
    signalsPendingShared: 1n << 63n,
    signalsBlocked: 1n,
    signalsIgnored: 1n << 12n,
    signalsCaught: 0x180014002n,
    capabilitiesEffective: 0x1ffffffffffn,
    capabilitiesPermitted: 0x1ffffffffffn,
    noNewPrivs: true,
    seccomp: 2,
    seccompFilterCount: 3,
    residentKb: 12_345,
    virtualKb: 61_440,
  });
});

test('a zombie has a status without memory', () => {
  const text = STATUS.replace(/^Vm.*\n/gm, '').replace('t (tracing stop)', 'Z (zombie)');
  const status = parseStatus(text);
  assert.equal(status?.state, 'zombie');
  assert.ok(!('residentKb' in status));
});

test('a status that ends too soon is none', () => {
  assert.equal(parseStatus(''), undefined);
  const needed = STATUS.indexOf('NoNewPrivs:	1') + 'NoNewPrivs:	1'.length;
  for (let length = 0; length < needed; length++) {
    assert.equal(parseStatus(STATUS.slice(0, length)), undefined, length.toString());
  }
});

test('a status with letters for numbers is none', () => {
  for (const key of ['Tgid', 'Uid', 'SigCgt', 'NoNewPrivs', 'State']) {
    const text = STATUS.replace(new RegExp(`^${key}:.*$`, 'm'), `${key}:\t?`);
    assert.equal(parseStatus(text), undefined, key);
  }
});

test('this process, as Node knows it', () => {
  const status = parseStatus(readFileSync('/proc/self/status', 'utf8'));
  assert.ok(status);
  assert.equal(status.pid, process.pid);
  assert.equal(status.ppid, process.ppid);
  assert.equal(status.uid.real, process.getuid?.());
  assert.equal(status.gid.effective, process.getegid?.());
  assert.ok((status.residentKb ?? 0) > 10_000);
  // SIGURG is 23; Node and its test runner have no use for it.
  const listener = () => undefined;
  const isCaught = () =>
    ((parseStatus(readFileSync('/proc/self/status', 'utf8'))?.signalsCaught ?? 0n) >> 22n) & 1n;
  assert.equal(isCaught(), 0n);
  process.on('SIGURG', listener);
  assert.equal(isCaught(), 1n);
  process.off('SIGURG', listener);
  const stat = parseStat(readFileSync('/proc/self/stat', 'utf8'));
  assert.equal(stat?.pid, process.pid);
  assert.equal(stat.ppid, process.ppid);
  assert.equal(stat.comm, status.name);
});

test('every process of this machine has a status and a stat that agree', () => {
  const pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  let count = 0;
  for (const pid of pids) {
    const [statusText, statText] = [readText(pid, 'status'), readText(pid, 'stat')];
    if (statusText === undefined || statText === undefined) continue;
    const status = parseStatus(statusText);
    const stat = parseStat(statText);
    assert.equal(status?.pid, Number(pid));
    assert.equal(stat?.pid, Number(pid));
    assert.equal(stat.ppid, status.ppid);
    count++;
  }
  assert.ok(count > 0);
});

test('job control of a child with a session of its own, and of one in this group', async () => {
  for (const detached of [true, false]) {
    const child = spawn('cat', { detached, stdio: ['pipe', 'pipe', 'ignore'] });
    const closed = once(child, 'close');
    child.stdin.write('ready');
    await once(child.stdout, 'data');
    const own = parseStat(readFileSync('/proc/self/stat', 'utf8'));
    const stat = parseStat(readFileSync(`/proc/${(child.pid ?? 0).toString()}/stat`, 'utf8'));
    child.stdin.end();
    await closed;
    assert.equal(stat?.comm, 'cat');
    assert.equal(stat.ppid, process.pid);
    assert.equal(stat.processGroup, detached ? child.pid : own?.processGroup);
    assert.equal(stat.session, detached ? child.pid : own?.session);
    if (detached) assert.equal(stat.terminalForegroundGroup, -1);
  }
});

const STAT_TAIL =
  'T 10 11 12 34816 13 4194304 1 2 3 4 55 66 0 0 20 0 7 0 123456 9437184 321 ' +
  '18446744073709551615 1 2 3 0 0 0 0 4096 16386 0 0 0 17 5 0 0 0 0 0 94000 95000 96000 ' +
  '140737488347000 140737488347010 140737488347010 140737488351211 1792\n';

test('every field of a stat', () => {
  assert.deepEqual(parseStat(`9 (sleep) ${STAT_TAIL}`), {
    pid: 9,
    comm: 'sleep',
    state: 'stopped',
    ppid: 10,
    processGroup: 11,
    session: 12,
    terminal: 34_816,
    terminalForegroundGroup: 13,
    flags: 4_194_304,
    userTicks: 55,
    systemTicks: 66,
    threadCount: 7,
    startTicks: 123_456,
    virtualBytes: 9_437_184,
    residentPages: 321,
    processor: 5,
    heapStart: 96_000,
    exitStatus: 1792,
  });
});

test('a stat of a program with a hostile name', () => {
  for (const comm of ['a b', ') R 1 (', 'x) Z 0 0', '(', '', ' ', 'line\nfeed', ')))']) {
    const stat = parseStat(`9 (${comm}) ${STAT_TAIL}`);
    assert.equal(stat?.comm, comm);
    assert.equal(stat.ppid, 10);
  }
});

test('a stat that ends too soon is none', () => {
  for (const text of ['', '9', '9 (a', '9 (a)', '9 (a) R', '9 (a) R 1 2 3', '(a) R 1']) {
    assert.equal(parseStat(text), undefined, text);
  }
});

function readText(pid: string, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined; // The process has ended meanwhile.
  }
}
