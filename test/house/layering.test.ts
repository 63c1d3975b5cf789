/** Imports in src/ go downward only, as the map in layers.ts has it. */
import assert from 'node:assert/strict';
import { dirname, posix } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import {
  BOTTOM,
  LAYERS,
  PACKAGE_USERS,
  PURE_LAYERS,
  PURE_NODE_MODULES,
  layerOf,
  layersBelow,
} from './layers.ts';
import { listFiles, parse, placeOf, readText, walk } from './source.ts';

interface Import {
  readonly from: string;
  /** What is written between the quotes. */
  readonly specifier: string;
  /** The file imported, when it is one of ours. */
  readonly to: string | undefined;
  readonly place: string;
  readonly typeOnly: boolean;
}

const files = listFiles('src', (path) => path.endsWith('.ts'));
const imports = files.flatMap(readImports);

function readImports(path: string): Import[] {
  const file = parse(path);
  const found: Import[] = [];
  walk(file, (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined) return;
    const to = specifier.startsWith('.') ? posix.join(dirname(path), specifier) : undefined;
    const place = placeOf(file, node);
    found.push({ from: path, specifier, to, place, typeOnly: isTypeOnly(node) });
  });
  return found;
}

/** The module a node imports: statically or dynamically. */
function specifierOf(node: ts.Node): string | undefined {
  const named = ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
  const expression = named ? node.moduleSpecifier : calledSpecifier(node);
  return expression && ts.isStringLiteralLike(expression) ? expression.text : undefined;
}

function calledSpecifier(node: ts.Node): ts.Node | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const callee = node.expression;
  const isImport = callee.kind === ts.SyntaxKind.ImportKeyword;
  const isRequire = ts.isIdentifier(callee) && callee.text === 'require';
  return isImport || isRequire ? node.arguments[0] : undefined;
}

/** `zod` of `zod/mini`, `@scope/name` of `@scope/name/part`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return ts.isImportDeclaration(node) && node.importClause?.phaseModifier !== undefined;
}

test('every file of src/ belongs to a layer of the map', () => {
  const strangers = files.filter((path) => !Object.hasOwn(LAYERS, layerOf(path)));
  assert.deepEqual(strangers, [], 'give these a place in test/house/layers.ts');
});

test('ARCHITECTURE.md draws the map', () => {
  const drawn = [...readText('ARCHITECTURE.md').matchAll(/^([\w.-]+) +→ (.+)$/gm)];
  const edges = drawn.map(([, layer = '', below = '']) => [layer, below.split(', ')]);
  const known = Object.entries(LAYERS).filter(([, below]) => below.length > 0);
  assert.deepEqual(edges, known);
});

/** Of a resource: what is below it is its own. */
function folderOf(file: string): string {
  return file.split('/').slice(0, 3).join('/');
}

test('the engine names no resource, and no resource another', () => {
  const named = imports
    .filter(({ to }) => /^src\/resources\/[^/]+\//.test(to ?? ''))
    .filter(({ from, to = '' }) => {
      return from !== 'src/resources/list.ts' && folderOf(from) !== folderOf(to);
    })
    .map(({ place, specifier }) => `${place} imports ${specifier}`);
  assert.deepEqual(named, [], 'only src/resources/list.ts knows them all');
});

test('only src/tasks reads the status and stat of a task', () => {
  const elsewhere = imports
    .filter(({ to, typeOnly }) => to === 'src/procfs/status.ts' && !typeOnly)
    .filter(({ from }) => !['tasks', 'procfs'].includes(layerOf(from)))
    .map(({ place }) => place);
  assert.deepEqual(elsewhere, [], 'readStatus and readStat know what to say of one that has ended');
});

test('no layer is above itself', () => {
  for (const layer of Object.keys(LAYERS)) {
    assert.ok(BOTTOM.includes(layer) || !layersBelow(layer).has(layer), `${layer} is in a circle`);
  }
});

test('imports go downward', () => {
  const upward = imports
    .filter(({ to }) => to !== undefined)
    .filter(({ from, to = '' }) => {
      const [source, target] = [layerOf(from), layerOf(to)];
      return !to.startsWith('src/') || (source !== target && !layersBelow(source).has(target));
    })
    .map(({ place, specifier }) => `${place} imports ${specifier}`);
  assert.deepEqual(upward, [], 'only the layers below may be imported: test/house/layers.ts');
});

test('each package is imported only where it is meant to be', () => {
  const wrong = imports
    .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .filter(
      ({ from, specifier }) => !(PACKAGE_USERS[packageOf(specifier)] ?? []).includes(layerOf(from)),
    )
    .map(({ place, specifier }) => `${place} imports ${specifier}`);
  assert.deepEqual(wrong, [], 'see PACKAGE_USERS in test/house/layers.ts');
});

test('pure layers use only those modules of Node that compute', () => {
  const impure = imports
    .filter(({ from }) => PURE_LAYERS.includes(layerOf(from)))
    .filter(({ typeOnly, specifier }) => !typeOnly && specifier.startsWith('node:'))
    .filter(({ specifier }) => !PURE_NODE_MODULES.includes(specifier))
    .map(({ place, specifier }) => `${place} imports ${specifier}`);
  assert.deepEqual(impure, [], 'see PURE_NODE_MODULES in test/house/layers.ts');
});

test('no file imports itself by a detour', () => {
  const uses = new Map(files.map((path) => [path, new Set<string>()]));
  // Types count: a file that cannot be understood without another is not below it.
  for (const { from, to } of imports) {
    if (to !== undefined) uses.get(from)?.add(to);
  }
  assert.deepEqual(findCircle(uses), undefined, 'these files import each other in a circle');
});

/** The files of one circle of imports, if there is any: what is left when leaves are taken off. */
function findCircle(uses: Map<string, Set<string>>): string[] | undefined {
  for (let removed = true; removed;) {
    removed = false;
    for (const [path, targets] of uses) {
      if ([...targets].some((target) => uses.has(target))) continue;
      uses.delete(path);
      removed = true;
    }
  }
  return uses.size > 0 ? [...uses.keys()] : undefined;
}
