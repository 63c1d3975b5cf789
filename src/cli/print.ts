/**
 * The one place where the commands write to a terminal, and where all of it is made harmless.
 *
 * What is in a line may be anybody's words: nobody who makes one up has to think of that. Line ends
 * among them are escaped like other control characters, so that nothing forges a line.
 *
 * Node's own streams are not used: into a pipe they write what fits, and leave the rest for later.
 */
import { SyscallError } from '../errors.ts';
import { escapeControls, escapeJson, formatJson } from '../plain-text.ts';
import { writeWhole } from '../sys/write-whole.ts';

const STDOUT = 1;
const STDERR = 2;

/** On standard output. @throws SyscallError when it cannot be written, as on a full disk */
export function printLines(lines: readonly string[]): void {
  print(toText(lines));
}

/** On standard error. */
export function tellLines(lines: readonly string[]): void {
  try {
    writeWhole(STDERR, toText(lines));
  } catch {
    // There is nowhere else to say it; the exit status tells.
  }
}

function print(text: string): void {
  try {
    writeWhole(STDOUT, text);
  } catch (error) {
    const { code, errno = 0 } = error as NodeJS.ErrnoException;
    // A reader that has seen enough, as in `belay log x | head`, is no failure.
    if (code === 'EPIPE') process.exit(0);
    throw new SyscallError('cannot write the output', { syscall: 'write', errno: -errno });
  }
}

/** Lines of our own making, such as a help text, as one string that ends with a line end. */
export function toLines(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

export function printJson(value: unknown, indent?: number): void {
  print(`${formatJson(value, indent)}\n`);
}

/** As printJson; what is JSON already stays as it is. */
export function printJsonText(json: string): void {
  print(`${escapeJson(json)}\n`);
}

/** Every line harmless, and ended. */
export function toText(lines: readonly string[]): string {
  return lines.map((line) => `${escapeControls(line)}\n`).join('');
}
