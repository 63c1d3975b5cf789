/**
 * `--children=leave`: what a program begins has no tracer, whatever becomes of the supervisor, and
 * can have a supervisor of its own. A child in vfork, of which nobody tells, holds nobody up.
 */
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { attach } from '../../src/index.ts';
import { readStatus } from '../../src/tasks/read-status.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';
import { belay, start, until, type Started } from './started.ts';

const LEAVE = ['run', '--children=leave', '--'];
const TRACER_OF_CHILD = "sed -n 's/^TracerPid:.//p' /proc/self/status";

const place = usePlace();

/** A program that is spoken to by lines. */
class Spoken {
  readonly started: Started;
  private readonly lines: string[] = [];
  private taken = 0;

  constructor(command: readonly string[]) {
    this.started = start(command, { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdout } = this.started.child;
    assert(stdout !== null);
    createInterface(stdout).on('line', (line) => this.lines.push(line));
  }

  say(text: string): void {
    this.started.child.stdin?.write(text);
  }

  async hear(): Promise<string> {
    const line = await until('it says something', () => this.lines[this.taken]);
    this.taken += 1;
    return line;
  }

  async ask(line: string): Promise<string> {
    this.say(`${line}\n`);
    return this.hear();
  }
}

function tracerOf(pid: number): number {
  return readStatus(pid)?.tracerPid ?? 0;
}

describe('children that are left alone', () => {
  test('have no tracer, and go on when the supervisor is killed', async () => {
    const shell = new Spoken([BIN_BELAY, ...LEAVE, 'sh']);
    assert.equal(await shell.ask(TRACER_OF_CHILD), '0');
    const supervisor = tracerOf(shell.started.pid);
    assert(supervisor > 0);
    const sleeper = Number(await shell.ask('sleep 1000 >/dev/null & echo $!'));
    process.kill(supervisor, 'SIGKILL');
    await until('the supervisor is gone', () => tracerOf(shell.started.pid) === 0);
    assert.equal(await shell.ask(TRACER_OF_CHILD), '0');
    shell.say(`kill ${sleeper}; exit 5\n`);
    assert.deepEqual(await shell.started.exited, { code: 5, signal: null });
  });

  test('are left by attach, too', async () => {
    const shell = new Spoken(['sh']);
    assert.equal(await shell.ask(TRACER_OF_CHILD), '0');
    await belay('attach', '--children=leave', String(shell.started.pid));
    assert.equal(await shell.ask(TRACER_OF_CHILD), '0');
    assert(tracerOf(shell.started.pid) > 0);
    shell.say('exit 0\n');
    await shell.started.exited;
  });

  test('can be supervised by themselves', async () => {
    const shell = new Spoken([BIN_BELAY, ...LEAVE, 'sh']);
    const sleeper = await shell.ask('sleep 1000 >/dev/null & echo $!');
    await belay('attach', sleeper);
    await belay('checkpoint', sleeper);
    await belay('rewind', sleeper);
    shell.say(`kill ${sleeper}; exit 0\n`);
    await shell.started.exited;
  });

  test('in vfork do not hold up who lets the program go', async () => {
    const program = await compileProgram('vfork-held', place);
    const held = new Spoken([BIN_BELAY, ...LEAVE, program]);
    assert.equal(await held.hear(), 'in vfork');
    const supervised = await attach(held.started.pid);
    await supervised.detach();
    await until('it is let go', () => tracerOf(held.started.pid) === 0);
    assert.equal(await held.ask(''), 'child 7');
    assert.deepEqual(await held.started.exited, { code: 0, signal: null });
  });
});
