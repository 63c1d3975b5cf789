/** From the command line to a running supervisor. */
import { closeSync, openSync, readFileSync, readdirSync, readlinkSync, writeSync } from 'node:fs';
import type { TracedProcess } from '../engine/traced-process.ts';
import { asBelayError } from '../errors.ts';
import { readFilterNotes, writeFilterNotes, type FilterNote } from '../registry/filter-notes.ts';
import { readStartTime } from '../registry/process-identity.ts';
import {
  EXIT_BELAY_FAILED,
  parseAttachArguments,
  parseRunArguments,
  type ParseFailure,
  type RunOptions,
} from '../options/run-options.ts';
import { version } from '../options/version.ts';
import { dup2, isSameFile, kill, setsid } from '../sys/process.ts';
import { startBell } from '../tracee/bell.ts';
import { letAllGo } from '../supervisor/let-go.ts';
import { makeEveryPoints } from '../supervisor/every-points.ts';
import { answerRequest } from '../supervisor/requests.ts';
import { attach } from './attach.ts';
import type { Children } from './children.ts';
import { EarlyNews } from './early-news.ts';
import { replaceBell } from './replace-bell.ts';
import { assertAttachable } from './attachable.ts';
import { splitWords } from './exec-command.ts';
import { CALLERS_STDERR, launch, sayToCaller, tell } from './launch.ts';
import { assertRoomToWork, cpuBudgetMs, takeOwnStanding } from './own-standing.ts';
import { shortenCommand } from '../procfs/cmdline.ts';
import { Program, readCommand, readNames } from '../supervisor/program.ts';
import {
  createStateDirectory,
  pruneStateDirectories,
  removeUnbegun,
} from '../registry/state-directory.ts';
import { writeWhole } from '../sys/write-whole.ts';
import { StateWriter } from '../registry/state-writer.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { startCopier } from '../desk/caller-lines.ts';
import { WorkerLink, type DeskHandlers } from '../desk/worker-link.ts';

const SIGKILL = 9;
const STDOUT = 1;
/** As bin/belay looks for it. */
const STATUS_MARK = 'belay exits with ';
const STDERR = 2;

/** Whatever our caller has: what we make is nobody else's. */
const PRIVATE_UMASK = 0o077;

export function runSupervisor(words: readonly string[]): void {
  process.umask(PRIVATE_UMASK);
  takeOwnStanding();
  const [mode, ...rest] = words;
  if (mode === 'run') {
    dup2(CALLERS_STDERR, STDERR);
    startRun(Number(rest[0]), Number(rest[1]), readWords(Number(rest[0]), Number(rest[2])));
  } else startAttach(rest);
}

/**
 * The last `count` words of a process as they are, in bytes: what we ourselves are given Node turns
 * into text, and there may be more of them than can be handed on.
 */
function readWords(pid: number, count: number): Buffer[] {
  const words = splitWords(readFileSync(`/proc/${pid}/cmdline`));
  return words.slice(words.length - count);
}

function startRun(pid: number, helperPid: number, words: readonly Buffer[]): void {
  const parsed = parseRunArguments(words.map((word) => word.toString('utf8')));
  if (!parsed.ok) {
    refuseRun(parsed);
    return;
  }
  setsid();
  let directory: string | undefined;
  try {
    assertRoomToWork();
    const nothing = openNothing();
    const prepared = prepare(pid, pid, parsed.command, parsed.options);
    const { supervisor, news } = prepared;
    ({ directory } = prepared);
    const process_ = supervisor.addProcess(pid);
    const command = words.slice(words.length - parsed.command.length);
    // It has become the command, and waits: what fails now can still be told.
    const link = launch(supervisor, process_, command, helperPid, () => {
      noteFilters(supervisor, process_, prepared.directory, []);
      const verboseFd = parsed.options.verbose ? startCopier(CALLERS_STDERR) : undefined;
      letGoOfInherited(nothing, pid);
      return connect(supervisor, prepared.directory, news, { verboseFd });
    });
    if (link !== undefined) {
      closeSync(CALLERS_STDERR);
      process_.group.leader?.resume();
      loop(supervisor, link, prepared.state);
    }
  } catch (error) {
    tell(asBelayError(error));
    refuseRun({ ok: false, exitCode: EXIT_BELAY_FAILED, stdout: '', stderr: '' });
  }
  if (directory !== undefined) removeUnbegun(directory);
  process.exit(0);
}

/** They are on every thread from now on, and outlive us. */
function noteFilters(
  supervisor: Supervisor,
  root: TracedProcess,
  directory: string,
  earlier: readonly FilterNote[],
): void {
  const { processes } = supervisor.program;
  const given = [...processes.values()].filter(({ filterTicks }) => filterTicks > 0);
  const notes = given.map(({ pid, filterTicks: installedTicks }) => {
    return { pid, startTicks: readStartTime(pid) ?? 0, installedTicks };
  });
  try {
    writeFilterNotes(directory, [...earlier, ...notes]);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    supervisor.warn(root, `whoever attaches to it once more will find it confined: ${why}`);
  }
}

function nameLeft(supervisor: Supervisor, root: TracedProcess, children: Children): void {
  for (const { pid, comm, why } of children.left) {
    supervisor.warn(root, `process ${pid} (${comm}) is left alone: ${why}`);
  }
  const { unnamedCount } = children;
  if (unnamedCount > 0) supervisor.warn(root, `${unnamedCount} more processes are left alone`);
}

/** Tell the shell to exit: its exit code on a line, then what it is to print. */
function refuseRun({ exitCode, stdout, stderr }: ParseFailure): void {
  sayToCaller(stderr);
  try {
    writeWhole(STDOUT, `${STATUS_MARK}${exitCode}\n${stdout}`);
  } catch {
    // Nobody listens any more: the shell was ended before we were.
  }
}

function startAttach(words: readonly string[]): void {
  const parsed = parseAttachArguments(words);
  if (!parsed.ok) {
    answerAttach({ ok: false, code: 'EUSAGE', message: parsed.stderr });
    return;
  }
  const { pid, options } = parsed;
  let supervisor: Supervisor | undefined;
  let directory: string | undefined;
  try {
    assertRoomToWork();
    const living = assertAttachable(pid);
    const prepared = prepare(pid, living, readCommand(living), options);
    const { news } = prepared;
    ({ supervisor, directory } = prepared);
    const process_ = supervisor.addProcess(pid);
    const notes = readFilterNotes(directory);
    const children = attach(supervisor, process_, notes);
    noteFilters(supervisor, process_, directory, notes);
    const { takenCount, left, unnamedCount } = children;
    nameLeft(supervisor, process_, children);
    const verboseFd = options.verbose ? startCopier(STDERR) : undefined;
    const link = connect(supervisor, directory, news, { verboseFd, children: takenCount });
    link.waitUntilStarted();
    answerAttach({ ok: true, children: takenCount, left, unnamedCount });
    letGoOfInherited(openNothing(), 0);
    loop(supervisor, link, prepared.state);
  } catch (error) {
    // Whoever has a filter keeps it, and the note that it is ours has to stay as well.
    const { processes = new Map<number, TracedProcess>() } = supervisor?.program ?? {};
    const isFiltered = [...processes.values()].some(({ hasFilter }) => hasFilter);
    letGo(supervisor);
    if (directory !== undefined && !isFiltered) removeUnbegun(directory);
    const { code, message, hint } = asBelayError(error);
    answerAttach({ ok: false, code, message, ...(hint === undefined ? {} : { hint }) });
    process.exit(0);
  }
}

/** Whatever happened to us, the program goes on as if we had not been there. */
function letGo(supervisor: Supervisor | undefined): void {
  try {
    if (supervisor !== undefined) letAllGo(supervisor);
  } catch {
    // The kernel lets go of what is left when we end.
  }
}

function answerAttach(answer: Record<string, unknown>): void {
  writeSync(STDOUT, `${JSON.stringify(answer)}\n`);
}

/** `living`: a thread of the process that has not ended. */
function prepare(pid: number, living: number, command: readonly string[], options: RunOptions) {
  const directory = createStateDirectory({
    supervisorPid: process.pid,
    supervisorStartTime: readStartTime(process.pid) ?? 0,
    pid,
    startTime: readStartTime(pid) ?? 0,
    command: shortenCommand(command),
    cwd: readlinkSync(`/proc/${living}/cwd`),
    uid: process.geteuid?.() ?? 0,
    options,
    version,
    startedAt: Date.now(),
  });
  process.chdir('/');
  const news = new EarlyNews();
  const program = new Program(pid, command, options);
  const state = new StateWriter(directory);
  return { supervisor: new Supervisor(program, news, state), directory, news, state };
}

interface Taken {
  /** As startCopier answers it. */
  readonly verboseFd: number | undefined;
  /** How many ran already and were taken as well. */
  readonly children?: number;
}

function connect(
  supervisor: Supervisor,
  directory: string,
  early: EarlyNews,
  { verboseFd, children = 0 }: Taken,
): WorkerLink {
  const bellPid = startBell();
  supervisor.pump.own.bellPid = bellPid;
  const { program } = supervisor;
  const link = new WorkerLink(
    directory,
    bellPid,
    {
      type: 'start',
      time: Date.now(),
      pid: program.rootPid,
      supervisorPid: process.pid,
      command: [...program.command],
      names: readNames(program.rootPid, program.command),
      ...(children > 0 && { children }),
      version,
    },
    verboseFd,
  );
  supervisor.news = link;
  const { own } = supervisor.pump;
  own.canaryPid = link.canaryPid;
  supervisor.onRequests = () => {
    if (own.bellPid === 0) replaceBell(supervisor, link);
    if (own.canaryPid === 0 && link.canaryPid !== 0) {
      link.replace();
      own.canaryPid = link.canaryPid;
    }
    link.receive(handlersOf(supervisor));
  };
  for (const event of early.events) link.tell(...event);
  if (program.options.every !== undefined) link.startEvery(program.options.every);
  const budgetMs = cpuBudgetMs();
  if (budgetMs !== undefined) link.limitCpu(budgetMs);
  return link;
}

function handlersOf(supervisor: Supervisor): DeskHandlers {
  return {
    answer: (request) => answerRequest(supervisor, request),
    tick: () => {
      makeEveryPoints(supervisor);
    },
    tidy: () => {
      supervisor.tidy();
    },
    detach: () => {
      letAllGo(supervisor);
    },
  };
}

function loop(supervisor: Supervisor, link: WorkerLink, state: StateWriter): void {
  try {
    supervisor.run();
  } catch (error) {
    const pid = supervisor.program.rootPid;
    const { message } = asBelayError(error);
    letGo(supervisor);
    link.tell({ type: 'detach', time: Date.now(), pid, reason: `internal error: ${message}` });
  }
  state.finish(supervisor.program.rootPid, link.close());
  const { bellPid } = supervisor.pump.own;
  if (bellPid > 0) kill(bellPid, SIGKILL);
  try {
    pruneStateDirectories();
  } catch {
    // The next one tries again.
  }
  process.exit(0);
}

function openNothing(): number {
  return openSync('/dev/null', 'r+');
}

/**
 * Give up what came from whoever started us: the program's pipes must end when the program does.
 *
 * @param nothing a descriptor of /dev/null
 */
function letGoOfInherited(nothing: number, pid: number): void {
  for (const fd of [0, 1, 2]) dup2(nothing, fd);
  if (nothing > 2) closeSync(nothing);
  if (pid === 0) return;
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd > CALLERS_STDERR && isSameFile(process.pid, fd, pid, fd)) closeSync(fd);
  }
}
