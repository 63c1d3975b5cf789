/** package.json: exact pins, scripts that exist, nothing published that is the checkout's own. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { publishedManifest, type Manifest } from '../../scripts/published-manifest.ts';
import { ROOT, listFiles, readText } from './source.ts';

const manifest = JSON.parse(readText('package.json')) as Manifest;

test('every version is pinned exactly', () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies };
  const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
  assert.deepEqual(loose, []);
});

test('the lock file names no registry', () => {
  assert.ok(!readText('package-lock.json').includes('"resolved"'), 'see .npmrc');
});

test('every npm script goes through the set-up, and the file it runs exists', () => {
  for (const [name, command] of Object.entries(manifest.scripts ?? {})) {
    assert.match(command, /^scripts\/with-setup /, name);
    const files = command.split(' ').filter((word) => /^[a-z]+\/[a-z/-]+(\.ts)?$/.test(word));
    for (const file of files) assert.ok(existsSync(join(ROOT, file)), `${name}: no ${file}`);
  }
});

test('what is published runs on compiled files and carries no Node of its own', () => {
  const published = publishedManifest(manifest);
  assert.equal(published.private, undefined);
  assert.equal(published.scripts, undefined);
  assert.equal(published.devDependencies, undefined);
  assert.equal(published.optionalDependencies, undefined);
  assert.deepEqual(published.dependencies, manifest.dependencies);
  assert.deepEqual(published.exports, {
    '.': { types: './src/index.d.ts', default: './src/index.js' },
    './target': { types: './src/target.d.ts', default: './src/target.js' },
    './package.json': './package.json',
  });
});

test('every relative link in the documentation leads somewhere', () => {
  const broken = listFiles('.', (path) => path.endsWith('.md')).flatMap((path) =>
    [...readText(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      .filter(([, link = '']) => !existsSync(join(ROOT, path, '..', link)))
      .map(([, link]) => `${path}: ${link ?? ''}`),
  );
  assert.deepEqual(broken, []);
});
