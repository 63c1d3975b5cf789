/** Starts the target, talks to it, and waits until it stands still. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Thread, readThreads } from './checker.ts';
import {
  type Command,
  RECORD_SIZE,
  type TargetRecord,
  decodeRecord,
  encodeCommand,
} from './wire.ts';

/** As its steps are counted: a machine that is suspended meanwhile is not the target's silence. */
const RECORD_TIMEOUT_MS = 30_000;
const STEP_MS = 100;
/** Chosen: how long it says nothing before it is asked whether it is there already. */
const MOMENT_MS = 10;
const STANDSTILL_TIMEOUT_MS = 3_000;
/** A traced thread is also stopped for moments on its way into the stop of the whole process. */
const STOPPED_LOOKS = 4;

/** The target ended, fell silent or said what it should not. */
export class TargetFailure extends Error {
  override name = 'TargetFailure';
}

export interface TargetOptions {
  /** The command line: the target itself, or belay and the target. */
  command: string[];
  /** Whose process it is; the checker's own when undefined. */
  user?: number | undefined;
  /** Added to the environment. */
  env?: Record<string, string>;
  /** Does it stop itself with SIGSTOP at each point? */
  stops: boolean;
}

export class TargetProcess {
  readonly pid: number;
  readonly stops: boolean;
  readonly #child: ChildProcess;
  readonly #records: TargetRecord[] = [];
  readonly ended: Promise<string>;
  #partial = Buffer.alloc(0);
  #stderr = '';
  #failure: string | undefined;
  #wake: (() => void) | undefined;

  constructor(options: TargetOptions) {
    const [program = '', ...rest] = options.command;
    const identity = options.user === undefined ? {} : { uid: options.user, gid: options.user };
    const env = { ...process.env, ...options.env };
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'], env, ...identity });
    if (child.pid === undefined) throw new TargetFailure(`cannot start ${program}`);
    this.pid = child.pid;
    this.stops = options.stops;
    this.#child = child;
    child.stdin.on('error', (error) => this.#fail(`standard input: ${error.message}`));
    child.stdout.on('data', (bytes: Buffer) => this.#take(bytes));
    child.stderr.on('data', (bytes: Buffer) => (this.#stderr += bytes.toString()));
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        const how = signal === null ? `exit status ${code ?? '?'}` : `signal ${signal}`;
        this.#fail(`the target ended with ${how}`);
        resolve(how);
      });
    });
  }

  #fail(what: string): void {
    this.#failure ??= what;
    this.#wake?.();
  }

  #take(bytes: Buffer): void {
    this.#partial = Buffer.concat([this.#partial, bytes]);
    let at = 0;
    try {
      for (; at + RECORD_SIZE <= this.#partial.length; at += RECORD_SIZE)
        this.#records.push(decodeRecord(this.#partial.subarray(at, at + RECORD_SIZE)));
    } catch (error) {
      this.#fail((error as Error).message);
    }
    this.#partial = this.#partial.subarray(at);
    this.#wake?.();
  }

  /**
   * The next record; undefined when none has come for a moment and `isOver` says so.
   *
   * @throws TargetFailure when there will be none, or none comes in time
   */
  async next(): Promise<TargetRecord>;
  async next(isOver: () => boolean): Promise<TargetRecord | undefined>;
  async next(isOver?: () => boolean): Promise<TargetRecord | undefined> {
    const stepMs = isOver === undefined ? STEP_MS : MOMENT_MS;
    for (let silentMs = 0; ; silentMs += stepMs) {
      const record = this.#records.shift();
      if (record !== undefined) return record;
      if (this.#failure !== undefined) {
        await Promise.race([this.ended, sleep(1000)]);
        throw this.#failed(this.#failure);
      }
      if (silentMs >= RECORD_TIMEOUT_MS)
        throw new TargetFailure(`silent for ${RECORD_TIMEOUT_MS} ms\n${this.state()}`);
      await this.#news(stepMs);
      if (this.#records.length === 0 && isOver?.() === true) return undefined;
    }
  }

  /** Something has come, or the time is over. */
  async #news(withinMs: number): Promise<void> {
    const timer = setTimeout(() => this.#wake?.(), withinMs);
    await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
  }

  /** SIGCONT first: after the command it could meet the next stop. */
  send(command: Command): void {
    this.wake();
    this.#child.stdin?.write(encodeCommand(command));
  }

  /** Lets it run, should it have stopped itself. */
  wake(): void {
    if (this.stops) process.kill(this.pid, 'SIGCONT');
  }

  /** The error, or that the target has ended, where that is what kept us from reading of it. */
  async explain(error: unknown): Promise<unknown> {
    if (!/^(ENOENT|ESRCH)$/.test((error as NodeJS.ErrnoException).code ?? '')) return error;
    const how = await Promise.race([this.ended, sleep(1000)]);
    if (how === undefined) return error;
    return this.#failed(this.#failure ?? how);
  }

  /** With what it has said of that on standard error. */
  #failed(what: string): TargetFailure {
    return new TargetFailure(`${what}${this.#stderr && `\n${this.#stderr}`}`);
  }

  /** What its threads are about, for a report. */
  state(): string {
    try {
      return readThreads(this.pid)
        .map((thread) => `  ${thread.tid} ${thread.name} ${thread.state} ${thread.call}`)
        .join('\n');
    } catch (error) {
      return `  no state to be read: ${(error as Error).message}`;
    }
  }

  /** Whether every thread is stopped or asleep (or spins), and where `isThere` wants it. */
  stands(isThere: (thread: Thread, all: Thread[]) => boolean): boolean {
    const threads = readThreads(this.pid);
    const states = this.stops ? /[Tt]/ : /[SR]/;
    const stands = (thread: Thread): boolean =>
      states.test(thread.state) && isThere(thread, threads);
    return threads.length > 0 && threads.every(stands);
  }

  /** Waits until it stands; when that takes too long false, and what is wrong the caller says. */
  async standstill(isThere: (thread: Thread, all: Thread[]) => boolean): Promise<boolean> {
    const deadline = Date.now() + STANDSTILL_TIMEOUT_MS;
    const looksWanted = this.stops ? STOPPED_LOOKS : 1;
    for (let looks = 0; Date.now() < deadline; looks++) {
      if (!this.stands(isThere)) looks = -1;
      else if (looks + 1 >= looksWanted) return true;
      await sleep(1);
    }
    return false;
  }

  /** Ends it, whatever it is doing, and waits for that. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await this.ended;
    }
    this.#child.stdin?.destroy();
  }
}
