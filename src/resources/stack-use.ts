/** Whether any handler of the program asks for the alternate stack: else it need not be known. */

/** The lines of /proc/PID/status that tell which signals have a handler. */
interface StatusLines {
  isSame(lines: Uint8Array): boolean;
}

export class StackUse {
  private readonly status: StatusLines;
  /** As far as is known: at first it may be. */
  isUsed = true;
  private asOf: Uint8Array | undefined = undefined;

  constructor(status: StatusLines) {
    this.status = status;
  }

  /** Handlers have been asked for, when these were the lines that tell which signals have one. */
  note(isUsed: boolean, lines: Uint8Array): void {
    this.isUsed = isUsed;
    this.asOf = lines;
  }

  /** It is in use, or other signals have handlers by now. */
  get mayBeUsed(): boolean {
    return this.isUsed || this.asOf === undefined || !this.status.isSame(this.asOf);
  }
}
