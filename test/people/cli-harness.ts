/** Runs the `belay` command's Node side and collects what it says. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MS } from '../support/patience.ts';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** @param directory where the command finds state directories: BELAY_DIR */
export async function runCli(directory: string, ...words: string[]): Promise<CliResult> {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { ...process.env, BELAY_DIR: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
