/** The demo ends by itself, loses no good request under belay, and says so. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from './support/paths.ts';
import { runProcess } from './support/run-process.ts';

test('the demo: the server without belay dies, with it no good request is lost', async () => {
  const demo = path.join(ROOT, 'examples/demo.ts');
  const env = { ...process.env, NO_COLOR: '1' };
  const { code, stdout, stderr } = await runProcess([process.execPath, demo], { env });
  assert.equal(code, 0, stdout + stderr);
  assert.equal(stderr, '');
  assert.match(stdout, /died of SIGSEGV\s+still process \d+/);
  assert.match(stdout, /78 of 78 hostile requests survived/);
  assert.match(stdout, /SIGFPE \(FPE_INTDIV\) at 0x[0-9a-f]+ in share_of\+0x/);
  assert.match(stdout, /with belay +0 of 310\n/);
  assert(!stdout.includes('\u001b'), 'colours where there is no terminal');
});
