/** Signals to all processes of a service: the program ends as it likes, supervised until then. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { list, run } from '../../src/index.ts';
import { listChildrenOf } from '../../src/tasks/list-children.ts';

const KEPT = new Set(['SIGKILL', 'SIGSTOP', 'SIGCONT', 'SIGCHLD']);
/** They tell of a mistake: whoever has made one is to end. And SIGXCPU, SIGXFSZ and SIGSYS. */
const FAULTS = /^SIG(SEGV|BUS|ILL|FPE|ABRT|IOT|TRAP|SYS|XCPU|XFSZ|UNUSED)$/;
const REALTIME = Array.from({ length: 31 }, (_, index) => 34 + index);

test('a supervisor that is asked to end goes on until the program has ended', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'belay-asked-'));
  process.env.BELAY_DIR = join(directory, 'state');
  try {
    await using program = await run('sleep', ['60'], { stdio: 'ignore', every: 5 });
    const { supervisorPid } = program;
    const asked = Object.entries(constants.signals).filter(([name]) => {
      return !KEPT.has(name) && !FAULTS.test(name);
    });
    const ours = [supervisorPid, ...listChildrenOf(supervisorPid, supervisorPid)];
    assert.ok(ours.length > 1);
    for (const signo of [...asked.map(([, number]) => number), ...REALTIME]) {
      for (const pid of ours) process.kill(pid, signo);
    }
    const { cd } = await program.checkpoint();
    await program.rewind(cd);
    assert.deepEqual(listChildrenOf(supervisorPid, supervisorPid), ours.slice(1));
    const [status] = await list();
    assert.equal(status?.supervisorPid, supervisorPid);
  } finally {
    delete process.env.BELAY_DIR;
    rmSync(directory, { recursive: true, force: true });
  }
});
