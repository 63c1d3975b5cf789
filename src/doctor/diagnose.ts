/** Finds out what this machine can do: probes in a process that is thrown away, and a few files. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ownFile } from '../own-file.ts';
import { readStatus } from '../tasks/read-status.ts';
import { CATALOG } from './catalog.ts';

/** `limited`: it works, with a drawback; `missing`: it does not. */
export type FindingState = 'ok' | 'limited' | 'missing';

export interface Finding {
  readonly name: string;
  readonly title: string;
  readonly state: FindingState;
  readonly detail: string;
  readonly isNeeded: boolean;
  /** Absent when all is well. */
  readonly meaning?: string;
  readonly mend?: string;
}

/** What was seen of one thing, before the catalogue says what it means. */
export interface Observation {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Chosen: the probes take a fifth of a second; a kernel that hangs in one is told of. */
const PROBES_TIMEOUT_MS = 20_000;
const OPEN_FILES_MIN = 256;
/** Names in /proc/self/limits, the least that does no harm (chosen), and the unit. */
const BINDING_LIMITS = [
  ['Max cpu time', Infinity, 'seconds'],
  ['Max file size', 64 * 1024 * 1024, 'bytes'],
  ['Max address space', 4 * 1024 ** 3, 'bytes'],
  ['Max data size', 4 * 1024 ** 3, 'bytes'],
] as const;
/** Yama: 0 classic, 1 descendants only, 2 CAP_SYS_PTRACE only, 3 nobody. */
const YAMA_FILE = '/proc/sys/kernel/yama/ptrace_scope';

/**
 * @param others what the caller has seen for itself, by the catalogue's names
 * @returns a finding for each line of the catalogue
 */
export function diagnose(others: readonly Observation[] = []): Finding[] {
  const seen = [...others, observeProcessor(), observeYama(), observeOwnFilter()];
  const observations = [...seen, observeOpenFiles(), observeLimits(), ...runProbes()];
  return CATALOG.map((entry) => {
    const { name, title, isNeeded, meaning, mend } = entry;
    const observation = observations.find((each) => each.name === name);
    const detail = observation?.detail ?? 'the probe did not come to an end';
    if (observation?.ok === true) return { name, title, state: 'ok', detail, isNeeded };
    const state = isNeeded ? 'missing' : 'limited';
    return { name, title, state, detail, isNeeded, meaning, mend };
  });
}

/** Whether belay works here at all. */
export function isUsable(findings: readonly Finding[]): boolean {
  return findings.every(({ isNeeded, state }) => !isNeeded || state === 'ok');
}

/** The lines that the probe process got to print; a probe that kills it has none. */
function runProbes(): Observation[] {
  const file = ownFile('doctor/probe-process');
  const { stdout } = spawnSync(process.execPath, ['--disable-sigusr1', fileURLToPath(file)], {
    encoding: 'utf8',
    timeout: PROBES_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Observation);
}

function observeProcessor(): Observation {
  return { name: 'processor', ok: process.arch === 'x64', detail: process.arch };
}

function observeYama(): Observation {
  const scope = Number(readText(YAMA_FILE) ?? '0');
  const canTraceAll = process.geteuid?.() === 0 && scope < 3;
  return {
    name: 'yama',
    ok: scope === 0 || canTraceAll,
    detail: `kernel.yama.ptrace_scope is ${scope}`,
  };
}

function observeOwnFilter(): Observation {
  const mode = readStatus('self')?.seccomp ?? 0;
  return { name: 'own-filter', ok: mode === 0, detail: mode === 0 ? 'none' : `mode ${mode}` };
}

/** What counts is the hard limit: a supervisor raises its soft one. */
function observeOpenFiles(): Observation {
  const limit = readHardLimit('Max open files');
  return { name: 'open-files', ok: limit >= OPEN_FILES_MIN, detail: `limit ${limit}` };
}

/** Hard limits that bind a supervisor, too, however high its soft ones are. */
function observeLimits(): Observation {
  const tight = BINDING_LIMITS.flatMap(([name, least, unit]) => {
    const limit = readHardLimit(name);
    return limit < least ? [`${name.toLowerCase()} ${limit} ${unit}`] : [];
  });
  return { name: 'limits', ok: tight.length === 0, detail: tight.join(', ') || 'none binds' };
}

function readHardLimit(name: string): number {
  const text = readText('/proc/self/limits') ?? '';
  const line = text.split('\n').find((each) => each.startsWith(`${name} `)) ?? '';
  const [, hard = 'unlimited'] = line.slice(name.length).trim().split(/\s+/);
  return hard === 'unlimited' ? Infinity : Number(hard);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
