/** `belay checkpoint` and `belay rewind`: what is done to a program from outside. */
import { withProgram } from '../client/with-program.ts';
import { BelayError } from '../errors.ts';
import { checkpointResultSchema, rewindResultSchema } from '../protocol/records.ts';
import { formatMicroseconds } from './format.ts';
import { tellIgnored } from './failure.ts';
import { printJson, printLines } from './print.ts';

export async function checkpointProgram(target: string, isJson: boolean): Promise<void> {
  const result = await withProgram(target, tellIgnored, (connection, { status }) =>
    connection.request('checkpoint', { pid: status.pid }, checkpointResultSchema),
  );
  const { cd, pages, pauseUs } = result;
  print(isJson, result, `point ${cd}: ${plural(pages)} saved in ${formatMicroseconds(pauseUs)}`);
}

export async function rewindProgram(
  target: string,
  cdText: string | undefined,
  isJson: boolean,
): Promise<void> {
  const cd = cdText === undefined ? {} : { cd: parseCd(cdText) };
  const result = await withProgram(target, tellIgnored, (connection, { status }) =>
    connection.request('rewind', { pid: status.pid, ...cd }, rewindResultSchema),
  );
  const { pages, us } = result;
  const text = `back to point ${result.cd}: ${plural(pages)} written back`;
  print(isJson, result, `${text} in ${formatMicroseconds(us)}`);
}

function print(isJson: boolean, result: unknown, text: string): void {
  if (isJson) printJson(result);
  else printLines([text]);
}

function parseCd(text: string): number {
  const cd = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (cd > 0 && cd < 2 ** 31) return cd;
  throw new BelayError('EUSAGE', `cannot rewind to '${text}': it is no checkpoint descriptor`, {
    hint: "'belay show TARGET' lists the points",
  });
}

function plural(pages: number): string {
  return pages === 1 ? '1 page' : `${pages} pages`;
}
