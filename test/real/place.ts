/**
 * A directory for one test file, which is also where its supervisors keep their files.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

/** Makes it, sets BELAY_DIR for this process and all it starts, and removes it at the end. */
export function usePlace(): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-real-'));
  process.env.BELAY_DIR = path.join(directory, 'belay');
  mkdirSync(process.env.BELAY_DIR, { mode: 0o700 });
  after(() => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  return directory;
}
