/**
 * `belay attach`, `checkpoint` and `rewind` on programs that seccomp confines, before or after.
 * They work where filters may be suspended, else they are refused by name; the program goes on.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { openOrdinaryCheckout, ordinaryUserPrefix } from '../support/ordinary-user.ts';
import type { OrdinaryCheckout } from '../support/ordinary-user.ts';
import { INCLUDE, ROOT } from '../support/paths.ts';
import { runProcess, type ProcessResult } from '../support/run-process.ts';
import { eventually } from './worker-harness.ts';

const SOURCE = join(import.meta.dirname, 'confined-program.c');
const CAP_SYS_ADMIN = 21n;

let folder = '';
let program = '';
let checkout: OrdinaryCheckout;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'belay-confined-'));
  chmodSync(folder, 0o777);
  program = join(folder, 'confined-program');
  const compile = ['cc', '-O1', '-pthread', `-I${INCLUDE}`, '-o', program, SOURCE] as const;
  const { code, stderr } = await runProcess([...compile]);
  assert.equal(code, 0, stderr);
  checkout = await openOrdinaryCheckout();
});

after(async () => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  await checkout.remove();
});

/** The program and the commands, as one user. */
class Session {
  readonly child: ChildProcess;
  private readonly prefix: readonly string[];
  private readonly root: string;
  private readonly env: NodeJS.ProcessEnv;

  constructor(t: TestContext, name: string, isOrdinary: boolean) {
    this.prefix = isOrdinary ? ordinaryUserPrefix() : [];
    this.root = isOrdinary ? checkout.root : ROOT;
    this.env = { ...process.env, HOME: '/nonexistent', BELAY_DIR: join(folder, name) };
    const words = [...this.prefix, program];
    this.child = spawn('env', words, { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' });
    t.after(() => this.child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** It answers with the letter that it is told. */
  async say(letter: string): Promise<void> {
    assert.ok(this.child.stdin !== null && this.child.stdout !== null);
    this.child.stdin.write(letter);
    const [answer] = (await Promise.race([
      once(this.child.stdout, 'data'),
      once(this.child, 'exit'),
    ])) as [unknown];
    assert.equal(String(answer), letter);
  }

  belay(command: string, ...words: string[]): Promise<ProcessResult> {
    const belay = join(this.root, 'bin/belay');
    const all = ['env', ...this.prefix, belay, command, String(this.pid), ...words] as const;
    return runProcess([...all], { cwd: '/', env: this.env });
  }

  async works(command: string): Promise<void> {
    const { code, stderr } = await this.belay(command);
    assert.equal(code, 0, stderr);
  }

  async isRefused(command: string, why: RegExp): Promise<void> {
    const { code, stderr } = await this.belay(command);
    assert.equal(code, 125);
    assert.match(stderr, why);
  }
}

function tracerOf(pid: number): number {
  return Number(/^TracerPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** What PTRACE_O_SUSPEND_SECCOMP takes, of ourselves. */
function maySuspend(): boolean {
  const status = readFileSync('/proc/self/status', 'latin1');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return ((effective >> CAP_SYS_ADMIN) & 1n) === 1n && /^Seccomp:\t0$/m.test(status);
}

const REFUSED = /^belay: cannot .*: .*seccomp.*\nhint: .+$/m;

if (maySuspend()) {
  describe('where filters may be suspended', () => {
    for (const [index, letters] of ['k', 'e', 't', 'tt', 'tk'].entries()) {
      test(`attached to after ${letters}`, async (t) => {
        const session = new Session(t, `root-${index}`, false);
        for (const letter of letters) await session.say(letter);
        for (const command of ['attach', 'checkpoint', 'rewind']) await session.works(command);
        await session.say('x');
      });
    }
    test('strict mode is attached to by nobody', async (t) => {
      const session = new Session(t, 'root-strict', false);
      await session.say('s');
      await session.isRefused(
        'attach',
        /: it is in strict seccomp mode, .*\nhint: begin it with belay run/,
      );
      await session.say('x');
    });
  });
}

describe('as an ordinary user', () => {
  for (const letter of ['s', 'k', 'e']) {
    test(`attached to after ${letter}`, async (t) => {
      const session = new Session(t, `ordinary-${letter}`, true);
      await session.say(letter);
      await session.isRefused('attach', REFUSED);
      assert.equal(tracerOf(session.pid), 0);
      await session.say('x');
    });
  }

  for (const letter of ['k', 'e']) {
    test(`${letter} when attached to`, async (t) => {
      const session = new Session(t, `ordinary-late-${letter}`, true);
      await session.say('x');
      await session.works('attach');
      await session.say(letter);
      await session.isRefused('checkpoint', REFUSED);
      await session.say('x');
    });
  }

  test('a filter that an earlier supervisor left behind is none of its own', async (t) => {
    const session = new Session(t, 'ordinary-again', true);
    await session.say('x');
    for (let round = 0; round < 2; round += 1) {
      for (const command of ['attach', 'checkpoint', 'rewind']) await session.works(command);
      process.kill(tracerOf(session.pid), 'SIGKILL');
      await eventually(() => tracerOf(session.pid) === 0);
    }
    await session.say('k');
    await session.isRefused('attach', REFUSED);
    await session.say('x');
  });
});
