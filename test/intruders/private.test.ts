/** What belay makes is its user's alone, whatever umask its caller has; the program keeps that. */
import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { usePlace } from '../real/place.ts';
import { start, until } from '../real/started.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';

const place = usePlace();
const GROUP_AND_OTHERS = 0o077;

for (const mask of ['0000', '0277', '0777']) {
  test(`umask ${mask}`, async () => {
    const base = path.join(place, `umask-${mask}`);
    const env = { ...process.env, BELAY_DIR: base };
    const run = (...words: string[]): [string, ...string[]] => {
      const line = `umask ${mask}; exec "$@"`;
      return ['sh', '-c', line, 'sh', BIN_BELAY, ...words];
    };
    const told = await runProcess(run('run', '--', 'sh', '-c', 'umask'), { env });
    assert.deepEqual([told.code, told.stdout, told.stderr], [0, `${mask}\n`, '']);
    const { pid } = start(run('run', '--', 'sleep', '600'), { env });
    const attached = start(['sleep', '600']);
    const result = await runProcess(run('attach', String(attached.pid)), { env });
    assert.deepEqual([result.code, result.stderr], [0, '']);
    for (const each of [pid, attached.pid]) {
      const directory = await until('it is served', () => {
        const name = existsSync(base) && readdirSync(base).find((it) => it.startsWith(`${each}-`));
        if (!name || !existsSync(path.join(base, name, 'socket'))) return undefined;
        return path.join(base, name);
      });
      const names = readdirSync(directory);
      assert(names.includes('socket') && names.includes('log.ndjson'), names.join());
      for (const file of [base, directory, ...names.map((name) => path.join(directory, name))]) {
        await until(`${file} is private`, () => (lstatSync(file).mode & GROUP_AND_OTHERS) === 0);
      }
    }
    const shown = await runProcess(run('ps'), { env });
    assert.deepEqual([shown.code, shown.stderr], [0, '']);
    assert.match(shown.stdout, new RegExp(`^ *${pid} .*sleep 600$`, 'm'));
  });
}
