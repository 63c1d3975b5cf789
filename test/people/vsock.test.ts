/** What is told of sockets to virtual machines: a rollback leaves them their names, and says so. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../src/index.ts';
import { runBelay } from '../support/belay.ts';
import { runProcess } from '../support/run-process.ts';

const PYTHON = '/usr/bin/python3';
const MAKES = 'import socket; s, t = (socket.socket(socket.AF_VSOCK) for _ in range(2))';
const ANY = '(socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY)';
const BINDS =
  `${MAKES}; print("made", flush=True); input(); s.bind(${ANY}); ` +
  `t.bind(${ANY}); t.listen(); print("bound", flush=True); input()`;
const { code, stderr } = await runProcess([PYTHON, '-c', MAKES]);

async function bindSince(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'belay-vsock-'));
  process.env.BELAY_DIR = join(directory, 'state');
  try {
    await using program = await run(PYTHON, ['-c', BINDS], { stdio: ['pipe', 'pipe', 'ignore'] });
    assert(program.stdout !== null && program.stdin !== null);
    await once(program.stdout, 'data');
    const { cd } = await program.checkpoint();
    program.stdin.write('\n');
    await once(program.stdout, 'data');
    await program.rewind(cd);
    const { stdout } = await runBelay(['log', String(program.pid)], { env: { ...process.env } });
    const bound = /! sockets that were bound since the point stay so: (.*)/.exec(stdout);
    assert.match(bound?.[1] ?? stdout, /^descriptor \d+ \(vsock \d+:\d+\), descriptor \d+ \(vsock/);
    assert.match(stdout, /! sockets that began to listen since the point go on listening: .*vsock/);
    assert.doesNotMatch(stdout, /have lost the name/);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

if (code === 0) test('what has been bound since the point stays so', bindSince);
else {
  test('this machine has none', () => {
    assert.match(stderr, /Address family not supported by protocol/);
  });
}
