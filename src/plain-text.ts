/**
 * Text from elsewhere made harmless for a terminal: the one rule, for every line that is printed.
 *
 * Names of programs, threads, files and functions are whatever somebody chose. A control character
 * among them (C0, DEL, C1) commands the terminal, a format character (the bidi controls) turns what
 * is read around, a line or paragraph separator forges a line, half of a surrogate pair is no text.
 */

const HARMFUL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** `\x1b`, `\u{202e}`. What has been escaped already stays as it is. */
export function escapeControls(text: string): string {
  return text.replace(HARMFUL, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    return code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
  });
}

/** JSON that is harmless to print, and reads back as the same value; indented where asked. */
export function formatJson(value: unknown, indent?: number): string {
  return escapeJson(JSON.stringify(value, undefined, indent));
}

/** The same for what is JSON already, without blanks other than spaces and line ends. */
export function escapeJson(json: string): string {
  return json.replace(HARMFUL, (character) => {
    // JSON has escaped those in strings: these are its own line ends.
    if (character === '\n') return character;
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}
