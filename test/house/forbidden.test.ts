/** What no file of the checkout may contain, with the reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { listFiles, parse, placeOf, readText, walk } from './source.ts';

const TEXT = /\.(ts|c|cc|cpp|h|py|rs|md|json|ya?ml|sh)$|^(scripts|bin|\.ci)\/[^.]+$/;
/** The lock file is npm's, and this file names what it looks for. */
const textFiles = listFiles(
  '.',
  (path) => TEXT.test(path) && path !== 'package-lock.json' && !path.endsWith('/forbidden.test.ts'),
);
const tsFiles = textFiles.filter((path) => path.endsWith('.ts'));

/** Lines of the given files that match, as `path:line`. */
function findLines(paths: readonly string[], wanted: RegExp): string[] {
  return paths.flatMap((path) =>
    readText(path)
      .split('\n')
      .flatMap((line, index) =>
        wanted.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
}

/** Nodes of the given files that match, as `path:line`. */
function findNodes(paths: readonly string[], wanted: (node: ts.Node) => boolean): string[] {
  return paths.flatMap((path) => {
    const file = parse(path);
    const found: string[] = [];
    walk(file, (node) => {
      if (wanted(node)) found.push(placeOf(file, node));
    });
    return found;
  });
}

test('no type is switched off', () => {
  const anyType = (node: ts.Node) => node.kind === ts.SyntaxKind.AnyKeyword;
  assert.deepEqual(findNodes(tsFiles, anyType), [], 'say unknown, and look before using it');
  const asserted = findNodes(tsFiles, (node) => ts.isNonNullExpression(node));
  assert.deepEqual(asserted, [], 'handle undefined instead of denying it with !');
  const ignored = findLines(tsFiles, /@ts-(ignore|nocheck|expect-error)/);
  assert.deepEqual(ignored, [], 'mend the type');
});

test('a lint rule is switched off for one line only, and with a reason', () => {
  const wanted = /eslint-disable(?!-next-line [^ ]+ -- .{10,})/;
  assert.deepEqual(findLines(tsFiles, wanted), [], 'write: eslint-disable-next-line rule -- why');
});

test('nothing is left for later', () => {
  assert.deepEqual(
    findLines(textFiles, /\b(TODO|FIXME|XXX|HACK)\b/),
    [],
    'do it, or open an issue',
  );
});

test('no test is left out', () => {
  const tests = tsFiles.filter((path) => path.startsWith('test/'));
  const wanted = /\b(test|it|suite|describe|t|context)\.(skip|todo|only)\(|\{ *(skip|todo|only):/;
  assert.deepEqual(findLines(tests, wanted), [], 'a test that does not run protects nothing');
});

test('no file names a path of the machine it was written on', () => {
  const wanted = /(^|[\s"'`(=:])\/(work|root|home\/[a-z]+)\//;
  assert.deepEqual(findLines(textFiles, wanted), [], 'make it relative, or ask the system');
});

test('src/ throws only errors of its own base class', () => {
  const bare = (node: ts.Node) =>
    ts.isNewExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'Error';
  const sources = tsFiles.filter((path) => path.startsWith('src/'));
  assert.deepEqual(
    findNodes(sources, bare),
    [],
    'throw a BelayError; for a mistake of the caller, assert or a RangeError',
  );
});

test('the commands print in one place, which makes all of it harmless', () => {
  // What begins Node may have to speak where nothing else can be loaded.
  const others = tsFiles.filter(
    (path) => path.startsWith('src/cli/') && !/\/(print|main)\.ts$/.test(path),
  );
  const wanted = /\.(stdout|stderr)\.write\(|\bconsole\.|\bwriteSync\(/;
  assert.deepEqual(findLines(others, wanted), [], 'say it by src/cli/print.ts');
});

test('src/ names files of its own by the extension they have when they run', () => {
  const literal = (node: ts.Node) =>
    ts.isNewExpression(node) &&
    node.expression.getText() === 'URL' &&
    node.arguments?.[0] !== undefined &&
    ts.isStringLiteralLike(node.arguments[0]) &&
    node.arguments[0].text.endsWith('.ts');
  const sources = tsFiles.filter((path) => path.startsWith('src/'));
  const why = 'compiled files end in .js, and only imports are rewritten: use import.meta.filename';
  assert.deepEqual(findNodes(sources, literal), [], why);
});
