/** A terminal of the program as plain data. */

export interface TerminalImage {
  /** Its device number: whichever descriptor leads there. */
  readonly device: number;
  /** Where it was found, as latin1: /dev/pts/3. */
  readonly path: string;
  /** When its file was made, or last changed: another terminal that has its number has another. */
  readonly changedNs: bigint;
  /** struct termios2. */
  readonly modes: Uint8Array;
  /** The process group in its foreground, where it is the program's controlling terminal. */
  readonly foreground: Foreground | undefined;
}

export interface Foreground {
  /** As we know it; -1: there was none. */
  readonly group: number;
  /** It was the program's own: what the modes are is the program's affair. */
  readonly isOwn: boolean;
}

export type TerminalsImage = readonly TerminalImage[];

export function isSameTerminal(one: TerminalImage, other: TerminalImage): boolean {
  return (
    one.device === other.device &&
    one.path === other.path &&
    one.changedNs === other.changedNs &&
    one.foreground?.group === other.foreground?.group &&
    one.foreground?.isOwn === other.foreground?.isOwn &&
    Buffer.compare(one.modes, other.modes) === 0
  );
}
