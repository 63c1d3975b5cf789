/** `belay attach PID`. */
import { startSupervisor } from '../client/start-supervisor.ts';
import { formatJson } from '../plain-text.ts';
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
  const supervisorPid = await startSupervisor(pid, options);
  if (isJson) process.stdout.write(`${formatJson({ pid, supervisorPid })}\n`);
  else process.stdout.write(`process ${pid} is supervised by ${supervisorPid}\n`);
  return 0;
}
