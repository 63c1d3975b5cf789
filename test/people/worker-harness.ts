/** A real I/O worker whose tracer is the test: the other end of its port, and a counting bell. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { startBell } from '../../src/tracee/bell.ts';
import { readStartTime } from '../../src/registry/process-identity.ts';
import { DEFAULT_SIGNALS } from '../../src/options/run-options.ts';
import type { FallRecord } from '../../src/protocol/records.ts';
import type { SupervisorFile } from '../../src/registry/state-files.ts';
import { LOG_FILE } from '../../src/registry/state-files.ts';
import { startCanary } from '../../src/desk/canary.ts';
import type { FromTracer, IoWorkerData, Opening, ToTracer } from '../../src/desk/messages.ts';
import {
  SHARED_BELL_PID,
  SHARED_LENGTH,
  SHARED_WORKER_STATE,
  WORKER_CLOSED,
  WORKER_STARTING,
} from '../../src/desk/messages.ts';
import { createStateDirectory } from '../../src/registry/state-directory.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const BELL = `process.on('SIGURG', () => console.log('ring'));
console.log('ready'); setInterval(() => {}, 1000);`;

export function makeBase(prefix = 'belay-test-'): string {
  return mkdtempSync(join(tmpdir(), prefix));
}

/** A sleeping process that this one traces, as a supervisor does; it ends with this one. */
export const startTarget = startBell;

export function makeFall(overrides: Partial<FallRecord> = {}): FallRecord {
  return {
    type: 'fall',
    time: Date.now(),
    pid: process.pid,
    tid: process.pid,
    thread: 'demo',
    cause: 'signal',
    signal: 'SIGSEGV',
    signo: 11,
    code: 1,
    codeName: 'SEGV_MAPERR',
    address: '0x8',
    ip: '0x1000',
    cd: 1,
    rollbacks: 1,
    pagesRestored: 12,
    pagesDropped: 0,
    mappingsRestored: 0,
    threadsEnded: 0,
    threadsRecreated: 0,
    descriptorsClosed: 0,
    us: 84,
    warnings: [],
    ...overrides,
  };
}

/** A state file for this very process, which serves as supervisor and as target. */
export function ownSupervisorFile(overrides: Partial<SupervisorFile> = {}): SupervisorFile {
  const startTime = readStartTime(process.pid) ?? 0;
  return {
    supervisorPid: process.pid,
    supervisorStartTime: startTime,
    pid: process.pid,
    startTime,
    command: ['/usr/bin/demo', 'one two'],
    cwd: '/',
    uid: process.geteuid?.() ?? 0,
    options: { on: DEFAULT_SIGNALS, auto: true, retries: 3, maxPoints: 4096, verbose: false },
    version: '0.1.0',
    startedAt: Date.now(),
    ...overrides,
  };
}

export class WorkerHarness implements AsyncDisposable {
  readonly base: string;
  readonly directory: string;
  readonly shared = new Int32Array(new SharedArrayBuffer(SHARED_LENGTH * 4));
  /** What it has said since it started. */
  readonly messages: ToTracer[] = [];
  rings = 0;
  /** The program under care. */
  readonly targetPid = startTarget();
  /** Ends when the worker does. */
  readonly canaryPid = startCanary();
  readonly #bell: ChildProcess;
  readonly #port: MessagePort;
  readonly #worker: Worker;

  static async start(base = makeBase()): Promise<WorkerHarness> {
    const bell = spawn(process.execPath, ['-e', BELL], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(bell.stdout, 'data');
    const harness = new WorkerHarness(base, bell);
    bell.stdout.on('data', (chunk: Buffer) => {
      harness.rings += chunk.toString().split('ring').length - 1;
    });
    await harness.#awaitState((state) => state !== WORKER_STARTING);
    return harness;
  }

  private constructor(base: string, bell: ChildProcess) {
    this.base = base;
    const startTime = readStartTime(this.targetPid) ?? 0;
    const file = ownSupervisorFile({ pid: this.targetPid, startTime });
    this.directory = createStateDirectory(file, { path: base, uid: file.uid });
    this.#bell = bell;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message: ToTracer) => this.messages.push(message));
    const { pid, command, version } = file;
    Atomics.store(this.shared, SHARED_BELL_PID, bell.pid ?? 0);
    const start: Opening = {
      type: 'start',
      time: Date.now(),
      pid,
      supervisorPid: process.pid,
      command: [...command],
      version,
    };
    const data: IoWorkerData = {
      directory: this.directory,
      file,
      port: port2,
      canaryPid: this.canaryPid,
      shared: this.shared,
      pid,
      openings: [start],
      verboseFd: undefined,
    };
    const main = new URL('../../src/desk/worker.ts', import.meta.url);
    this.#worker = new Worker(main, { workerData: data, transferList: [port2] });
  }

  get state(): number {
    return Atomics.load(this.shared, SHARED_WORKER_STATE);
  }

  post(message: FromTracer): void {
    this.#port.postMessage(message);
  }

  /** Answers requests as they come, as a tracer does. */
  answer(reply: (request: Extract<ToTracer, { kind: 'request' }>) => FromTracer): void {
    this.#port.on('message', (message: ToTracer) => {
      if (message.kind === 'request') this.post(reply(message));
    });
  }

  logLines(): unknown[] {
    const text = readFileSync(join(this.directory, LOG_FILE), 'utf8');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line): unknown => JSON.parse(line));
  }

  async close(): Promise<void> {
    this.post({ kind: 'close' });
    await this.#awaitState((state) => state === WORKER_CLOSED);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bell.kill('SIGKILL');
    process.kill(this.targetPid, 'SIGKILL');
    await this.#worker.terminate();
    this.#port.close();
    rmSync(this.base, { recursive: true, force: true });
  }

  async #awaitState(isReached: (state: number) => boolean): Promise<void> {
    await eventually(() => isReached(this.state));
  }
}

/** Waits until `isTrue`, looking often; fails when it takes too long. */
export async function eventually(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isTrue()) {
    if (performance.now() > deadline)
      throw new Error(`not within ${PATIENCE_MS} ms: ${isTrue.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
