/** Names reach a terminal and JSON as harmless text, whatever characters are in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatLogRecord } from '../../src/cli/format-log.ts';
import { formatCommand, formatTable } from '../../src/cli/format.ts';
import { toText } from '../../src/cli/print.ts';
import { parseRunArguments } from '../../src/options/run-options.ts';
import { BelayError } from '../../src/errors.ts';
import { escapeControls, formatJson } from '../../src/plain-text.ts';

/** Said independently of the code: C0, DEL, C1; bidi and other format characters; separators. */
const HARMFUL = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x2064],
  [0x2066, 0x206f],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0001, 0xe0001],
  [0xe0020, 0xe007f],
] as const;

const harmful = fc
  .constantFrom(...HARMFUL)
  .chain(([start, end]) => fc.integer({ min: start, max: end }))
  .map((code) => String.fromCodePoint(code));
const name = fc
  .array(fc.oneof(harmful, fc.string({ unit: 'binary', maxLength: 3 }), fc.constantFrom('\\', "'")))
  .map((parts) => parts.join(''));

function findHarmful(text: string): string | undefined {
  const found = Array.from(text).find((character) => {
    const code = character.codePointAt(0) ?? 0;
    return HARMFUL.some(([start, end]) => start <= code && code <= end);
  });
  return found === undefined ? undefined : `U+${found.codePointAt(0)?.toString(16) ?? ''}`;
}

function lineOf(text: string): string {
  assert(text.endsWith('\n'));
  return text.slice(0, -1);
}

test('every line that is printed', () => {
  const check = fc.property(name, (text) => {
    const event = { time: 1, pid: 1 };
    const lines = [
      escapeControls(text),
      formatCommand([text, text]),
      lineOf(toText([text])),
      lineOf(toText(formatLogRecord({ ...event, type: 'warning', message: text }))),
      lineOf(toText(formatLogRecord({ ...event, type: 'exec', command: [text] }))),
      lineOf(toText(formatTable([{ title: 'A' }], [[text]]))).replace('\n', ''),
      new BelayError('ESRCH', text).message,
      new BelayError('ESRCH', '', { hint: text }).hint ?? '',
    ];
    const { stderr } = parseRunArguments([`--on=${text}`]) as { readonly stderr: string };
    lines.push(...stderr.split('\n'));
    for (const line of lines) assert.equal(findHarmful(line), undefined, JSON.stringify(line));
  });
  fc.assert(check, { numRuns: 2000 });
});

test('what is escaped already stays as it is, and ordinary text is not touched', () => {
  fc.assert(
    fc.property(name, (text) => escapeControls(escapeControls(text)) === escapeControls(text)),
  );
  for (const text of ['server', 'größe', '日本語', '😀', 'a\\x1b', "it's"]) {
    assert.equal(escapeControls(text), text);
  }
  assert.equal(
    escapeControls('\u001b\u009b\u007f\u202e\u2028'),
    '\\x1b\\x9b\\x7f\\u{202e}\\u{2028}',
  );
});

test('JSON that is printed reads back as the same value', () => {
  const check = fc.property(fc.array(fc.tuple(name, name)), fc.boolean(), (value, isWide) => {
    const text = formatJson(value, isWide ? 2 : undefined);
    assert.equal(findHarmful(text.replaceAll('\n', '')), undefined, text);
    assert.deepEqual(JSON.parse(text), value);
  });
  fc.assert(check, { numRuns: 2000 });
});

/**
 * Not read back: JSON.parse of Node 24.21 can take an escaped key for one of a backslash that an
 * object before had in the same place (`{"\\u202e":1,"\\"":2}` gives it the keys U+202E and a
 * backslash). As text a key has to be what the same string is as a value.
 */
test('a key is written as a value is', () => {
  const check = fc.property(fc.dictionary(name, name), (value) => {
    const parts = Object.entries(value).map(
      ([key, each]) => `${formatJson(key)}:${formatJson(each)}`,
    );
    assert.equal(formatJson(value), `{${parts.join(',')}}`);
  });
  fc.assert(check, { numRuns: 2000 });
});
