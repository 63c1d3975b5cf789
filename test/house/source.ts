/** What the tests in this folder read: the checkout's files, and TypeScript files parsed. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

/** The checkout. Paths in these tests are relative to it and use `/`. */
export const ROOT = join(import.meta.dirname, '..', '..');

const NOT_OURS = new Set(['.git', 'node_modules', 'build', 'dist', 'coverage', '__pycache__']);

/** Files of the checkout under `folder` whose path passes `wanted`, sorted. */
export function listFiles(folder: string, wanted: (path: string) => boolean): string[] {
  const found: string[] = [];
  const pending = [join(ROOT, folder)];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) pending.push(path);
      if (entry.isFile()) found.push(relative(ROOT, path).split(sep).join('/'));
    }
  }
  return found.filter(wanted).sort();
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function parse(path: string, text = readText(path)): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

/** Calls `visit` for the node and everything below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => {
    walk(child, visit);
  });
}

/** `path:line` of a node, as editors open it. */
export function placeOf(file: ts.SourceFile, node: ts.Node): string {
  return `${file.fileName}:${lineOf(file, node.getStart(file))}`;
}

/** The line, from 1, of a position. */
export function lineOf(file: ts.SourceFile, position: number): number {
  return file.getLineAndCharacterOfPosition(position).line + 1;
}
