/** Talks to the supervisor of a program that a user means. */
import type { Ignore } from '../registry/state-entries.ts';
import { Connection } from './connection.ts';
import { findProgram, type FoundProgram } from './find-targets.ts';

/** The connection is closed whatever happens: else it would keep the process from its end. */
export async function withProgram<Result>(
  text: string,
  ignore: Ignore,
  use: (connection: Connection, found: FoundProgram) => Promise<Result>,
): Promise<Result> {
  const found = await findProgram(text, ignore);
  const connection = await Connection.open(found.directory);
  try {
    return await use(connection, found);
  } finally {
    connection.close();
  }
}
