/**
 * The one place where the commands write to a terminal, and where all of it is made harmless.
 *
 * What is in a line may be anybody's words: nobody who makes one up has to think of that. Line ends
 * among them are escaped like other control characters, so that nothing forges a line.
 */
import { escapeControls, escapeJson, formatJson } from '../plain-text.ts';

/** On standard output. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(toText(lines));
}

/** On standard error. */
export function tellLines(lines: readonly string[]): void {
  process.stderr.write(toText(lines));
}

/** Lines of our own making, such as a help text, as one string that ends with a line end. */
export function toLines(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

export function printJson(value: unknown, indent?: number): void {
  process.stdout.write(`${formatJson(value, indent)}\n`);
}

/** As printJson; what is JSON already stays as it is. */
export function printJsonText(json: string): void {
  process.stdout.write(`${escapeJson(json)}\n`);
}

/** Every line harmless, and ended. */
export function toText(lines: readonly string[]): string {
  return lines.map((line) => `${escapeControls(line)}\n`).join('');
}
