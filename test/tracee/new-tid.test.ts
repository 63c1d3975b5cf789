/** The thread that a tracee tells of, and that it tells of none once it is killed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kill, posixSpawn } from '../../src/sys/process.ts';
import { ptraceCont, ptraceGeteventmsg, ptraceSeize } from '../../src/sys/ptrace.ts';
import { lastStatus, parseWaitStatus, waitpidThread, type Stop } from '../../src/sys/wait.ts';
import { fetchNewTid, type BirthKind } from '../../src/tracee/new-tid.ts';
import { TRACE_OPTIONS } from '../../src/tracee/trace-options.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const SIGKILL = 9;

function isBirth({ kind }: Stop): boolean {
  return kind === 'fork' || kind === 'vfork' || kind === 'clone';
}

function waitFor(tid: number, isIt: (stop: Stop) => boolean): Stop {
  for (;;) {
    assert.equal(waitpidThread(tid), tid);
    const stop = parseWaitStatus(lastStatus());
    if (isIt(stop)) return stop;
    ptraceCont(tid, 0);
  }
}

function end(tid: number): void {
  kill(tid, SIGKILL);
  waitFor(tid, ({ kind }) => kind === 'exited' || kind === 'killed');
}

test('the new thread is told of; nothing is, when the stop is the one for its end', () => {
  const pid = posixSpawn('/bin/sh', ['sh', '-c', 'while :; do (:); done']);
  assert.equal(ptraceSeize(pid, TRACE_OPTIONS), 0);
  const kind = waitFor(pid, isBirth).kind as BirthKind;
  const child = fetchNewTid(pid, kind) ?? 0;
  assert.ok(child > SIGKILL, `${child}`);
  kill(pid, SIGKILL);
  // It leaves the stop, which nobody has let it leave, for that of its end.
  const deadline = performance.now() + PATIENCE_MS;
  while (ptraceGeteventmsg(pid) !== SIGKILL) assert.ok(performance.now() < deadline);
  assert.equal(fetchNewTid(pid, kind), undefined);
  end(child);
  end(pid);
});
