/**
 * Loaded first into a supervisor, and so into its threads: ends the I/O worker for real, in the way
 * that the file END_WORKER says, when that is there; once, or each time anew when it has written
 * something.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';
import { SHARED_EVENTS_CLAIMED, type IoWorkerData } from '../../../src/desk/messages.ts';

const LOOK_MS = 10;
const file = process.env.END_WORKER ?? '';

function endAsTold(): void {
  if (!existsSync(file)) return;
  const [how, howOften] = readFileSync(file, 'utf8').trim().split(' ');
  if (howOften !== 'always') rmSync(file);
  else if (Atomics.load(data.shared, SHARED_EVENTS_CLAIMED) === 0) return;
  if (how === 'exits') process.exit(3);
  if (how === 'throws') throw new RangeError('as told');
  const hoard: unknown[] = [];
  for (;;) hoard.push(new Array(1_000_000).fill(0.5));
}

const data = workerData as IoWorkerData;
const isIoWorker = (workerData as Partial<IoWorkerData> | null)?.canaryPid !== undefined;
if (!isMainThread && isIoWorker) {
  if (existsSync(`${file}.early`)) {
    const how = readFileSync(`${file}.early`, 'utf8');
    if (how !== 'always') rmSync(`${file}.early`);
    if (how !== 'removes') throw new RangeError('as told, before it has begun');
    // As somebody who tidies up may, before there is any log.
    rmSync(data.directory, { recursive: true });
  }
  setInterval(endAsTold, LOOK_MS).unref();
}
