/** Where a program's log is, and whom its falls are told to. */
import { remakeStateDirectory } from '../registry/state-directory.ts';
import type { SupervisorFile } from '../registry/state-files.ts';
import { LOG_MAX_BYTES, LogWriter } from './log-writer.ts';

export interface Place {
  /** The state directory, made by createStateDirectory. */
  readonly directory: string;
  /** What it was made of, as it is made anew where somebody removes it. */
  readonly file: SupervisorFile | undefined;
  readonly pid: number;
  /** Where falls are told of, too: see caller-lines.ts. */
  readonly verboseFd: number | undefined;
}

export function openLog({ directory, file }: Place): LogWriter {
  return new LogWriter(directory, LOG_MAX_BYTES, () => {
    if (file !== undefined) remakeStateDirectory(directory, file);
  });
}
