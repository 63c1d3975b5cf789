/** The `belay` command: reads the sub-command and loads only what that one needs. */
import { Command, CommanderError } from 'commander';
import { EXIT_BELAY_FAILED } from '../options/run-options.ts';
import { version } from '../options/version.ts';
import { printFailure } from './failure.ts';
import { printLines, tellLines, toLines } from './print.ts';

/** Not by Node's own streams: see print.ts. */
const OUTPUT = { writeOut: printText, writeErr: tellText, outputError: writeUsageError };

interface JsonOption {
  readonly json?: boolean;
}

const DESCRIPTION = `Fallback points for Linux processes: when a program falls, a supervisor outside
its address space puts it back on the last good one.`;

const TARGET_HELP = `
TARGET is a pid, or a name that only one supervised process has: that of its command,
file, title or thread.`;

/** The arguments of these are read by the protocol layer, which the supervisor shares. */
async function runOwnParser(name: string, words: readonly string[]): Promise<number | undefined> {
  if (name === 'run') return (await import('./run.ts')).explainRun(words);
  if (name === 'attach') return (await import('./attach.ts')).attachProgram(words);
  return undefined;
}

function makeCommand(): Command {
  const belay = new Command('belay')
    .description(DESCRIPTION)
    .version(version, '-V, --version')
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .showHelpAfterError("hint: see 'belay --help'")
    .configureOutput(OUTPUT);
  belay
    .command('run')
    .usage('[options] -- command [args...]')
    .description('run a command, supervised');
  belay.command('attach').usage('[options] PID').description('supervise a running process');
  addListings(belay);
  addActions(belay);
  belay.addHelpText('after', TARGET_HELP);
  return belay;
}

function addListings(belay: Command): void {
  belay
    .command('ps')
    .description('what is supervised')
    .option('--json', 'print JSON')
    .action(async ({ json }: JsonOption) => (await import('./ps.ts')).printPrograms(json === true));
  belay
    .command('show <target>')
    .description('the fallback points of a program')
    .option('--json', 'print JSON')
    .action(async (target: string, { json }: JsonOption) =>
      (await import('./show.ts')).printPoints(target, json === true),
    );
  belay
    .command('log <target>')
    .description('the falls of a program, also of one that has ended')
    .option('-f, --follow', 'go on with what is to come, until the supervision ends')
    .option('--json', 'print JSON, one record a line')
    .action(async (target: string, options: JsonOption & { follow?: boolean }) =>
      (await import('./log.ts')).printLog(target, {
        isFollowing: options.follow === true,
        isJson: options.json === true,
      }),
    );
}

function addActions(belay: Command): void {
  belay
    .command('checkpoint <target>')
    .description('make a point from outside')
    .option('--json', 'print JSON')
    .action(async (target: string, { json }: JsonOption) =>
      (await import('./act.ts')).checkpointProgram(target, json === true),
    );
  belay
    .command('rewind <target> [cd]')
    .description('put a program back on a point: the newest, or the one given')
    .option('--json', 'print JSON')
    .action(async (target: string, cd: string | undefined, { json }: JsonOption) =>
      (await import('./act.ts')).rewindProgram(target, cd, json === true),
    );
  belay
    .command('doctor')
    .description("what this machine can do, and how to mend what it can't")
    .option('--json', 'print JSON')
    .action(async ({ json }: JsonOption) => {
      const doctor = await import('./doctor.ts');
      process.exitCode = doctor.printDiagnosis(json === true);
    });
}

function printText(text: string): void {
  printLines(toLines(text));
}

function tellText(text: string): void {
  tellLines(toLines(text));
}

/** Commander says `error: unknown option '--x'`; we say it as every other failure of ours. */
function writeUsageError(text: string): void {
  tellText(text.replace(/^error: /, 'belay: cannot read the command line: '));
}

/** `help NAME` is `NAME --help`: each command has its own. */
function readHelp(words: readonly string[]): string[] {
  const [first, name] = words;
  return first === 'help' && name !== undefined ? [name, '--help'] : [...words];
}

async function main(argv: readonly string[]): Promise<number> {
  const words = readHelp(argv);
  const [name = '', ...rest] = words;
  try {
    const code = await runOwnParser(name, rest);
    if (code !== undefined) return code;
    const belay = makeCommand();
    const isKnown = belay.commands.some((command) => command.name() === name);
    if (words.length === 0) {
      belay.outputHelp({ error: true });
      return EXIT_BELAY_FAILED;
    }
    // Alone: commander would take --help for ours, and say nothing of the name.
    const isAlone = !isKnown && !name.startsWith('-');
    await belay.parseAsync(isAlone ? [name] : words, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_BELAY_FAILED;
    return printFailure(error);
  }
}

// All is said, and written: nothing that is still open holds it up.
process.exit(await main(process.argv.slice(2)));
