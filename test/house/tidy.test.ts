/** The size and shape of the source: lengths, names, headers. The limits are in limits.ts. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import {
  FILE_LINES_MAX,
  FUNCTION_LINES_MAX,
  HEADER_STARTS_BEFORE,
  KERNEL_NAME_LAYERS,
  KERNEL_NAME_PREFIXES,
  KERNEL_NAME_USERS,
  LINE_COLUMNS_MAX,
} from './limits.ts';
import { layerOf } from './layers.ts';
import { lineOf, listFiles, parse, placeOf, readText, walk } from './source.ts';

const CODE = /\.(ts|c|cc|cpp|h|py|rs)$/;
const codeFiles = listFiles('.', (path) => CODE.test(path));
const tsFiles = codeFiles.filter((path) => path.endsWith('.ts'));

test('no file is too long', () => {
  const long = codeFiles
    .map((path) => ({ path, lines: readText(path).trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > FILE_LINES_MAX)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
  assert.deepEqual(long, [], `more than ${FILE_LINES_MAX} lines: split it by what it is about`);
});

test('no function is too long', () => {
  const long = tsFiles.flatMap(readLongFunctions);
  assert.deepEqual(long, [], `more than ${FUNCTION_LINES_MAX} lines: give its steps names`);
});

function readLongFunctions(path: string): string[] {
  const file = parse(path);
  const long: string[] = [];
  walk(file, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const lines = lineOf(file, node.end) - lineOf(file, node.getStart(file)) + 1;
    if (lines <= FUNCTION_LINES_MAX || isSuite(node)) return;
    long.push(`${placeOf(file, node)}: ${nameOf(node)} has ${lines} lines`);
  });
  return long;
}

/** A suite of tests is a list, not a function: its tests are measured one by one. */
function isSuite(node: ts.Node): boolean {
  const call = node.parent;
  if (!ts.isCallExpression(call) || !ts.isIdentifier(call.expression)) return false;
  return call.expression.text === 'suite' || call.expression.text === 'describe';
}

function nameOf(node: ts.Node): string {
  const named = 'name' in node && node.name !== undefined ? node : node.parent;
  const name = ts.getNameOfDeclaration(named as ts.Declaration);
  return name === undefined ? 'a function' : name.getText();
}

test('no line is too wide', () => {
  const wide = codeFiles.flatMap((path) =>
    readText(path)
      .split('\n')
      .flatMap((line, index) => (line.length > LINE_COLUMNS_MAX ? [`${path}:${index + 1}`] : [])),
  );
  assert.deepEqual(wide, [], `more than ${LINE_COLUMNS_MAX} columns`);
});

test('every file begins with a comment that says what it is for', () => {
  const silent = codeFiles.filter((path) => {
    const start = readText(path).search(/\/\*|\/\/|"""|^#[^!a-z]/m);
    return start < 0 || start > HEADER_STARTS_BEFORE;
  });
  assert.deepEqual(silent, [], 'begin it with one sentence of purpose');
});

test('file names are in kebab-case', () => {
  const name = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|build|config))?\.[a-z]+$/;
  const wrong = codeFiles.filter((path) => !name.test(basename(path)));
  assert.deepEqual(wrong, []);
});

const kernelName = new RegExp(`^(${KERNEL_NAME_PREFIXES.join('|')})[A-Z0-9_]*$`);
const outsideKernelLayers = tsFiles.filter(
  (path) => path.startsWith('src/') && !KERNEL_NAME_LAYERS.includes(layerOf(path)),
);

test('kernel constants are defined only in the layers that talk to the kernel', () => {
  const defined = outsideKernelLayers.flatMap((path) =>
    readIdentifiers(path, ({ parent }) => ts.isVariableDeclaration(parent)),
  );
  assert.deepEqual(defined, [], `define these in src/{${KERNEL_NAME_LAYERS.join(',')}}`);
});

test('names of kernel constants stay where system calls are made', () => {
  const used = outsideKernelLayers
    .filter((path) => !KERNEL_NAME_USERS.includes(layerOf(path)))
    .filter((path) => !KERNEL_NAME_USERS.includes(path.replace('src/', '')))
    .flatMap((path) => readIdentifiers(path, () => true));
  assert.deepEqual(used, [], 'see KERNEL_NAME_USERS in test/house/limits.ts');
});

/** The names of kernel constants in a file that stand where `isWanted` says. */
function readIdentifiers(path: string, isWanted: (node: ts.Identifier) => boolean): string[] {
  const file = parse(path);
  const found: string[] = [];
  walk(file, (node) => {
    if (ts.isIdentifier(node) && kernelName.test(node.text) && isWanted(node)) {
      found.push(`${placeOf(file, node)}: ${node.text}`);
    }
  });
  return found;
}
