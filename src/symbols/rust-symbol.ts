/**
 * Turns Rust's older mangled names into paths: `_ZN4core3fmt5write17h0123456789abcdefE` into
 * `core::fmt::write`. Names of other languages are shown as the linker has them.
 */
const LEGACY_RUST = /^_ZN(.+)17h[0-9a-f]{16}E(?:\.llvm\.[0-9A-F]+)?$/;

const ESCAPES: Readonly<Record<string, string>> = {
  SP: '@',
  BP: '*',
  RF: '&',
  LT: '<',
  GT: '>',
  LP: '(',
  RP: ')',
  C: ',',
};

/** The path of a function with an older Rust name; any other name unchanged. */
export function getReadableName(name: string): string {
  const encoded = LEGACY_RUST.exec(name)?.[1];
  if (encoded === undefined) return name;
  const parts = splitParts(encoded);
  return parts === undefined ? name : parts.map(unescapePart).join('::');
}

/** `3foo4barz` is `foo`, `barz`. */
function splitParts(encoded: string): string[] | undefined {
  const parts: string[] = [];
  let rest = encoded;
  while (rest !== '') {
    const digits = /^[1-9][0-9]{0,4}/.exec(rest)?.[0];
    if (digits === undefined) return undefined;
    const length = Number(digits);
    const part = rest.slice(digits.length, digits.length + length);
    if (part.length !== length) return undefined;
    parts.push(part);
    rest = rest.slice(digits.length + length);
  }
  return parts;
}

function unescapePart(part: string): string {
  return part
    .replace(/^_(?=\$)/, '')
    .replaceAll('..', '::')
    .replace(/\$([A-Z]{1,2}|u[0-9a-f]{1,6})\$/g, decodeEscape);
}

function decodeEscape(whole: string, code: string): string {
  if (!code.startsWith('u')) return ESCAPES[code] ?? whole;
  const codePoint = Number.parseInt(code.slice(1), 16);
  return codePoint >= 0x20 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : whole;
}
