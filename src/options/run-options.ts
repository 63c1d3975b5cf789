/**
 * The options of `belay run` and `belay attach`, and the command line that sets them.
 *
 * Parsed by hand and without dependencies: the supervisor reads them before the program starts, so
 * every millisecond here is one that `belay run` makes its user wait.
 */
import { escapeControls } from '../plain-text.ts';
import { constants } from 'node:os';
import { attachHelp, runHelp } from './run-help.ts';
import { parseChoice, parseCount, parseSize, UsageError } from './values.ts';
import { version } from './version.ts';

/** A log keeps what was written since a point, results are written over. */
export const SHARED_OFFSETS = ['keep', 'rollback'] as const;
export type SharedOffsets = (typeof SHARED_OFFSETS)[number];

/** Connections that are out of step with the program that went back are closed, or left so. */
export const PEERS = ['close', 'keep'] as const;
export type Peers = (typeof PEERS)[number];

/** Processes that the program begins are followed, too, or left alone from the first moment on. */
export const CHILDREN = ['keep', 'leave'] as const;
export type Children = (typeof CHILDREN)[number];

export interface RunOptions {
  /** Names of the signals that start a rollback, `SIGSEGV` and so on. */
  readonly on: readonly string[];
  /** A handler of the program's own has the first try where it did not make the point. */
  readonly auto: boolean;
  /** Falls on one point, with no newer point reached, before the next older one is tried. */
  readonly retries: number;
  /** Make a point by itself every so many milliseconds. */
  readonly every?: number;
  /** Live points a process may hold; then tsetjmp answers ENOMEM. */
  readonly maxPoints: number;
  /** Bytes of saved pages that may be held for all processes of the program. */
  readonly memory?: number;
  /** Tell of each fall on stderr, too. */
  readonly verbose: boolean;
  /** Whether offsets of standard output and error, and those that others share, go back; or not. */
  readonly sharedOffsets?: SharedOffsets;
  /** What becomes of connections that were used since the point. */
  readonly peers?: Peers;
  /** What becomes of children. */
  readonly children?: Children;
  /** Of attach: leave the children alone that run already. */
  readonly noChildren?: true;
}

export interface ParseFailure {
  readonly ok: false;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type ParsedRun =
  | { readonly ok: true; readonly options: RunOptions; readonly command: readonly string[] }
  | ParseFailure;

export type ParsedAttach =
  { readonly ok: true; readonly options: RunOptions; readonly pid: number } | ParseFailure;

/** The seven signals that the kernel raises for a program's own mistake. */
export const DEFAULT_SIGNALS: readonly string[] = [
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGABRT',
  'SIGSYS',
  'SIGTRAP',
];

/** Chosen: three goes tell a passing fault from a repeating one. */
export const DEFAULT_RETRIES = 3;
/** Chosen: four times what the project promises, and a bound for a loop that forgets to forget. */
export const DEFAULT_MAX_POINTS = 4096;
/** env(1)'s exit code for a failure of its own; ours for "belay failed". */
export const EXIT_BELAY_FAILED = 125;

/** Chosen: a day; above this a mistyped unit is likelier than an intention. */
const EVERY_MAX_MS = 86_400_000;
const RETRIES_MAX = 1_000_000;
/** Chosen: a point costs a few kilobytes even when nothing was written. */
const POINTS_MAX = 1_000_000;
/** Signals that cannot be caught, and the one that ptrace cannot withhold. */
const NEVER_A_FALL = new Set(['SIGKILL', 'SIGSTOP', 'SIGCONT']);

interface MutableOptions {
  on: string[] | undefined;
  auto: boolean;
  retries: number;
  every: number | undefined;
  maxPoints: number;
  memory: number | undefined;
  verbose: boolean;
  sharedOffsets: SharedOffsets | undefined;
  peers: Peers | undefined;
  children: Children | undefined;
  noChildren: boolean;
}

type Setter = (options: MutableOptions, value: string) => void;

const valueOptions: Readonly<Record<string, Setter>> = {
  '--on': (options, value) => {
    options.auto = value === 'auto';
    options.on = options.auto ? undefined : [...(options.on ?? []), ...parseSignals(value)];
  },
  '--retries': (options, value) => {
    options.retries = parseCount('--retries', value, 0, RETRIES_MAX);
  },
  '--every': (options, value) => {
    options.every = parseCount('--every', value, 1, EVERY_MAX_MS);
  },
  '--max-points': (options, value) => {
    options.maxPoints = parseCount('--max-points', value, 1, POINTS_MAX);
  },
  '--memory': (options, value) => {
    options.memory = parseSize('--memory', value);
  },
  '--shared-offsets': (options, value) => {
    options.sharedOffsets = parseChoice('--shared-offsets', value, SHARED_OFFSETS);
  },
  '--peers': (options, value) => {
    options.peers = parseChoice('--peers', value, PEERS);
  },
  '--children': (options, value) => {
    options.children = parseChoice('--children', value, CHILDREN);
  },
};

type Flags = Readonly<Record<string, (options: MutableOptions) => void>>;

const setVerbose = (options: MutableOptions): void => {
  options.verbose = true;
};
const askForHelp = (): never => {
  throw new HelpRequest();
};
const askForVersion = (): never => {
  throw new VersionRequest();
};

const runFlags: Flags = {
  '-v': setVerbose,
  '--verbose': setVerbose,
  '-h': askForHelp,
  '--help': askForHelp,
  '-V': askForVersion,
  '--version': askForVersion,
};

const attachFlags: Flags = {
  ...runFlags,
  '--no-children': (options) => {
    options.noChildren = true;
  },
};

/**
 * Reads the arguments that follow `belay run`.
 *
 * Options end at `--` or at the first word that is not one: `belay run ls -l` leaves `-l` to ls.
 *
 * @param argv the words after `run`
 * @returns the options and the command, or what to print and the exit code (0 for `--help`)
 */
export function parseRunArguments(argv: readonly string[]): ParsedRun {
  return reportingUsage('run', runHelp, () => {
    const { options, rest } = parseOptions(argv, runFlags);
    if (rest.length === 0) throw new UsageError('no command is given');
    return { ok: true, options, command: rest };
  });
}

/** Reads the arguments that follow `belay attach`: options and one pid, in any order. */
export function parseAttachArguments(argv: readonly string[]): ParsedAttach {
  return reportingUsage('attach', attachHelp, () => {
    const first = parseOptions(argv, attachFlags);
    const [pidText, ...after] = first.rest;
    if (pidText === undefined) throw new UsageError('no pid is given');
    const both =
      after.length === 0 ? first : parseOptions([...optionWords(argv), ...after], attachFlags);
    const extra = after.length === 0 ? undefined : both.rest[0];
    if (extra !== undefined) throw new UsageError(`'${extra}' is one word too many`);
    const pid = parseCount('the pid', pidText, 1, 2 ** 22);
    return { ok: true, options: both.options, pid };
  });
}

/** The options as words again, for handing them to another process. */
export function formatRunOptions(options: RunOptions): string[] {
  const names = options.on.length === 0 ? 'none' : options.on.join(',');
  const on = options.auto ? 'auto' : names;
  const words = [`--on=${on}`, `--retries=${String(options.retries)}`];
  words.push(`--max-points=${String(options.maxPoints)}`);
  if (options.memory !== undefined) words.push(`--memory=${String(options.memory)}`);
  if (options.every !== undefined) words.push(`--every=${String(options.every)}`);
  if (options.verbose) words.push('--verbose');
  const { sharedOffsets, peers, children } = options;
  if (sharedOffsets !== undefined) words.push(`--shared-offsets=${sharedOffsets}`);
  if (peers !== undefined) words.push(`--peers=${peers}`);
  if (children !== undefined) words.push(`--children=${children}`);
  if (options.noChildren === true) words.push('--no-children');
  return words;
}

class HelpRequest extends Error {}
class VersionRequest extends Error {}

function reportingUsage<T>(name: string, help: () => string, parse: () => T): T | ParseFailure {
  try {
    return parse();
  } catch (error) {
    if (error instanceof HelpRequest) return printed(help());
    if (error instanceof VersionRequest) return printed(`${version}\n`);
    if (!(error instanceof UsageError)) throw error;
    const hint = `hint: see 'belay ${name} --help'`;
    const stderr = `belay: cannot ${name}: ${escapeControls(error.message)}\n${hint}\n`;
    return { ok: false, exitCode: EXIT_BELAY_FAILED, stdout: '', stderr };
  }
}

function printed(stdout: string): ParseFailure {
  return { ok: false, exitCode: 0, stdout, stderr: '' };
}

/** The words before the first positional, where parseOptions stops. */
function optionWords(argv: readonly string[]): string[] {
  const { rest } = parseOptions(argv, attachFlags);
  const words = argv.slice(0, argv.length - rest.length);
  return words.filter((word) => word !== '--');
}

function parseOptions(
  argv: readonly string[],
  flags: Flags,
): { options: RunOptions; rest: string[] } {
  const options: MutableOptions = {
    on: undefined,
    auto: true,
    retries: DEFAULT_RETRIES,
    every: undefined,
    maxPoints: DEFAULT_MAX_POINTS,
    memory: undefined,
    verbose: false,
    sharedOffsets: undefined,
    peers: undefined,
    children: undefined,
    noChildren: false,
  };
  let index = 0;
  while (index < argv.length) {
    const word = argv[index] ?? '';
    if (word === '--') {
      index += 1;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    const flag = Object.hasOwn(flags, word) ? flags[word] : undefined;
    flag?.(options);
    index += flag === undefined ? applyOption(options, word, argv[index + 1]) : 1;
  }
  return { options: finishOptions(options), rest: argv.slice(index) };
}

/** Applies one option; returns how many words it took. */
function applyOption(options: MutableOptions, word: string, next: string | undefined): number {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  const setter = Object.hasOwn(valueOptions, name) ? valueOptions[name] : undefined;
  if (setter === undefined) throw new UsageError(`'${name}' is not an option`);
  const value = equals < 0 ? next : word.slice(equals + 1);
  if (value === undefined) throw new UsageError(`${name} needs a value`);
  setter(options, value);
  return equals < 0 ? 2 : 1;
}

function finishOptions(options: MutableOptions): RunOptions {
  const { every, memory, sharedOffsets, peers, children, noChildren, ...others } = options;
  return {
    ...others,
    on: [...new Set(options.on ?? DEFAULT_SIGNALS)],
    ...(every !== undefined && { every }),
    ...(memory !== undefined && { memory }),
    ...(sharedOffsets !== undefined && { sharedOffsets }),
    ...(peers !== undefined && { peers }),
    ...(children !== undefined && { children }),
    ...(noChildren && { noChildren }),
  };
}

function parseSignals(text: string): string[] {
  if (text === 'none') return [];
  return text.split(',').map(parseSignal);
}

/** Whether what came from elsewhere is a signal's name, be it one of another release's. */
export const SIGNAL_NAME = /^SIG[A-Z0-9+-]{1,12}$/;

function parseSignal(word: string): string {
  const upper = word.trim().toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  if (!Object.hasOwn(constants.signals, name)) {
    throw new UsageError(`'${word}' is not a signal's name`);
  }
  if (NEVER_A_FALL.has(name)) throw new UsageError(`${name} cannot be held back from a program`);
  return name;
}
