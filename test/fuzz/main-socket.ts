/** `npm run fuzz-socket`: random requests without number at a supervisor's socket. */
import { parseArgs } from 'node:util';
import { run } from '../../src/index.ts';
import { listSupervisions } from '../../src/client/find-targets.ts';
import { fuzzSocket } from './fuzz-socket.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { seed: text, count: text } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const count = Number(values.count ?? 200_000);
console.log(`repeat with: npm run fuzz-socket -- --seed ${seed} --count ${count}`);

await using program = await run('sleep', ['3600'], { stdio: 'ignore', maxPoints: 16 });
const { pid, supervisorPid } = program;
const { directory = '' } = listSupervisions().find(({ file }) => file.pid === pid) ?? {};
const socketPath = `${directory}/socket`;
program.close();
const startedAt = performance.now();
await fuzzSocket({ seed, count, socketPath, pid, supervisorPid, onProgress: console.log });
console.log(`${count} lines in ${Math.round((performance.now() - startedAt) / 1000)} s: all well`);
