/** `belay attach PID`. */
import { startSupervisor, type Attached } from '../client/start-supervisor.ts';
import { parseAttachArguments } from '../options/run-options.ts';
import { printJson, printLines, tellLines, toLines } from './print.ts';

export async function attachProgram(words: readonly string[]): Promise<number> {
  const isJson = words.includes('--json');
  const parsed = parseAttachArguments(words.filter((word) => word !== '--json'));
  if (!parsed.ok) {
    printLines(toLines(parsed.stdout));
    tellLines(toLines(parsed.stderr));
    return parsed.exitCode;
  }
  const { pid, options } = parsed;
  const attached = await startSupervisor(pid, options);
  tellLines(describeLeft(attached));
  if (isJson) printJson(forJson(pid, attached));
  else printLines([describe(pid, attached)]);
  return 0;
}

function describe(pid: number, { supervisorPid, children }: Attached): string {
  const more = children === 0 ? '' : `, with ${children} ${children === 1 ? 'child' : 'children'}`;
  return `process ${pid} is supervised by ${supervisorPid}${more}`;
}

function forJson(pid: number, { supervisorPid, children, left }: Attached): object {
  return { pid, supervisorPid, children, left };
}

/** A line for each child that could not be taken. */
function describeLeft({ left, unnamedCount }: Attached): string[] {
  const lines = left.map(({ pid, comm, why }) => `process ${pid} (${comm}) is left alone: ${why}`);
  if (unnamedCount > 0) lines.push(`${unnamedCount} more processes are left alone`);
  return lines.map((line) => `belay: ${line}`);
}
