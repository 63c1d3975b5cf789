/** `belay attach` where it cannot be done: an error with a code, and nothing is left behind. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { openOrdinaryCheckout, ordinaryUserPrefix } from '../support/ordinary-user.ts';
import type { OrdinaryCheckout } from '../support/ordinary-user.ts';
import { runProcess } from '../support/run-process.ts';
import { runCli } from './cli-harness.ts';
import { eventually } from './worker-harness.ts';

let base = '';
let checkout: OrdinaryCheckout;

before(async () => {
  base = join(mkdtempSync(join(tmpdir(), 'belay-attach-')), 'state');
  checkout = await openOrdinaryCheckout();
});

after(async () => {
  rmSync(join(base, '..'), { recursive: true, force: true, maxRetries: 10 });
  await checkout.remove();
});

/** Its standard input stays open: gdb waits there for its next command. */
function start(t: TestContext, command: readonly [string, ...string[]]): ChildProcess {
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

function tracerOf(pid: number): number {
  return Number(/^TracerPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

async function assertRefused(pid: number, message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runCli(base, 'attach', String(pid));
  assert.deepEqual([code, stdout], [125, '']);
  assert.match(stderr, message);
}

test('a process that does not exist', async () => {
  await assertRefused(
    2 ** 22,
    /^belay: cannot attach to process 4194304: there is no such process$/m,
  );
  assert.ok(!existsSync(base), 'nothing was made');
});

test('a process that another tracer has', async (t) => {
  const child = start(t, ['sleep', '60']);
  const pid = child.pid ?? 0;
  const gdb = start(t, ['gdb', '--nx', '--quiet', '--pid', String(pid)]);
  await eventually(() => tracerOf(pid) !== 0);
  const message = new RegExp(`: process ${tracerOf(pid)} \\(gdb\\) traces it already\\nhint: .+`);
  await assertRefused(pid, message);
  assert.ok(!existsSync(base), 'nothing was made');
  gdb.kill('SIGKILL');
});

test('a process that is supervised, and its supervisor', async (t) => {
  const pid = start(t, ['sleep', '60']).pid ?? 0;
  const { stdout } = await runCli(base, 'attach', String(pid), '--json');
  const { supervisorPid } = JSON.parse(stdout) as { supervisorPid: number };
  assert.equal(tracerOf(pid), supervisorPid);
  await assertRefused(
    pid,
    new RegExp(`: it is under belay already, by ${supervisorPid}\\nhint: .+`),
  );
  await assertRefused(supervisorPid, /: it is a supervisor of belay\nhint: .+/);
  const [directory = '', ...others] = readdirSync(base);
  assert.deepEqual(others, []);
  const text = readFileSync(join(base, directory, 'supervisor.json'), 'utf8');
  assert.ok(text.includes(`"supervisorPid":${supervisorPid},`), 'its file was left alone');
  assert.equal(tracerOf(pid), supervisorPid);
});

/** The parent of the kernel's threads; not there in a pid namespace of a container. */
const KTHREADD = 2;
const isKernelSeen = /^Name:\tkthreadd$/m.test(
  existsSync(`/proc/${KTHREADD}/status`) ? readFileSync(`/proc/${KTHREADD}/status`, 'utf8') : '',
);
if (isKernelSeen) {
  test('a thread of the kernel', () => assertRefused(KTHREADD, /: it is part of the kernel$/m));
}

test('a process of another user', async (t) => {
  const isRoot = process.getuid?.() === 0;
  const pid = isRoot ? (start(t, ['sleep', '60']).pid ?? 0) : 1;
  const prefix = ordinaryUserPrefix();
  const state = mkdtempSync(join(tmpdir(), 'belay-attach-other-'));
  t.after(() => {
    rmSync(state, { recursive: true, maxRetries: 10 });
  });
  chmodSync(state, 0o777);
  const belay = [join(checkout.root, 'bin/belay'), 'attach', String(pid)];
  const env = { ...process.env, HOME: '/nonexistent', BELAY_DIR: join(state, 'belay') };
  const result = await runProcess(['env', ...prefix, ...belay], { cwd: '/', env });
  assert.deepEqual([result.code, result.stdout], [125, '']);
  assert.match(
    result.stderr,
    /: it belongs to user 0, and you are \d+\nhint: attach as that user, or as root/,
  );
  assert.deepEqual(readdirSync(state), [], 'nothing was made');
});
