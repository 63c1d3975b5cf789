/** `belay attach PID`. */
import { startSupervisor, type Attached } from '../client/start-supervisor.ts';
import { escapeControls, formatJson } from '../plain-text.ts';
import { parseAttachArguments } from '../options/run-options.ts';

export async function attachProgram(words: readonly string[]): Promise<number> {
  const isJson = words.includes('--json');
  const parsed = parseAttachArguments(words.filter((word) => word !== '--json'));
  if (!parsed.ok) {
    process.stdout.write(parsed.stdout);
    process.stderr.write(parsed.stderr);
    return parsed.exitCode;
  }
  const { pid, options } = parsed;
  const attached = await startSupervisor(pid, options);
  process.stderr.write(describeLeft(attached));
  process.stdout.write(isJson ? describeAsJson(pid, attached) : describe(pid, attached));
  return 0;
}

function describe(pid: number, { supervisorPid, children }: Attached): string {
  const more = children === 0 ? '' : `, with ${children} ${children === 1 ? 'child' : 'children'}`;
  return `process ${pid} is supervised by ${supervisorPid}${more}\n`;
}

function describeAsJson(pid: number, attached: Attached): string {
  const { supervisorPid, children, left } = attached;
  return `${formatJson({ pid, supervisorPid, children, left })}\n`;
}

/** A line for each child that could not be taken. */
function describeLeft({ left, unnamedCount }: Attached): string {
  const lines = left.map(({ pid, comm, why }) => `process ${pid} (${comm}) is left alone: ${why}`);
  if (unnamedCount > 0) lines.push(`${unnamedCount} more processes are left alone`);
  return lines.map((line) => `belay: ${escapeControls(line)}\n`).join('');
}
