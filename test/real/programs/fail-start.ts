/** Loaded into a supervisor: what FAIL names is refused while it starts. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import workerThreads from 'node:worker_threads';

function refuse(code: string): never {
  throw Object.assign(new Error(`${code}: refused by a test`), { code });
}

const { openSync, writeFileSync } = fs;

const failures: Record<string, () => void> = {
  thread: () => {
    workerThreads.Worker = function () {
      refuse('EAGAIN');
    } as unknown as typeof workerThreads.Worker;
  },
  nothing: () => {
    fs.openSync = (path, ...rest) =>
      path === '/dev/null' ? refuse('ENOENT') : openSync(path, ...rest);
  },
  notes: () => {
    fs.writeFileSync = (file, ...rest) => {
      if (String(file).includes('/filters')) refuse('ENOSPC');
      writeFileSync(file, ...rest);
    };
  },
};

failures[process.env.FAIL ?? '']?.();
syncBuiltinESMExports();
