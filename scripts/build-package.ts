/**
 * Builds the package as it is published, with src/ compiled, in dist/ or the folder named. What
 * begins a process or a thread is bundled; what others import is left as it is.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ENTRIES } from '../src/own-file.ts';
import { bundleSources } from './bundle-sources.ts';
import { publishedManifest, type Manifest } from './published-manifest.ts';

const root = join(import.meta.dirname, '..');
const output = resolve(process.argv[2] ?? join(root, 'dist'));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const readme = ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'];
/** Copied as they are; src/ is compiled instead. */
const copied = [...readme, 'bin', 'include', 'python', 'docs'];

rmSync(output, { recursive: true, force: true });
const flags = ['--project', join(root, 'tsconfig.build.json'), '--outDir', join(output, 'src')];
execFileSync(process.execPath, [tsc, ...flags], { stdio: 'inherit' });
await bundleSources(root, join(output, 'src'), { packages: 'external' });
// What tsc made of them says where in the sources its lines are: these have others.
for (const entry of ENTRIES) rmSync(join(output, 'src', `${entry}.js.map`), { force: true });
for (const name of copied) {
  const [from, to] = [join(root, name), join(output, name)];
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const text = JSON.stringify(publishedManifest(manifest), null, 2);
writeFileSync(join(output, 'package.json'), `${text}\n`);
console.log(`${output} is ready: npm publish ${output}`);
