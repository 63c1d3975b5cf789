/**
 * The documents tell the truth: console blocks print what they show, C blocks compile, quoted
 * examples are those in examples/, links lead somewhere, and every option is described.
 */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import {
  normalizeOutput,
  parseConsoleBlock,
  runConsoleBlock,
  type Step,
} from './support/console-block.ts';
import { findUntrue } from '../scripts/fates.ts';
import { findUntrue as findUntruePerformance } from '../scripts/performance.ts';
import { readAnchors, readCodeBlocks, readLinks, type CodeBlock } from './support/markdown.ts';
import { BIN_BELAY, INCLUDE, ROOT } from './support/paths.ts';
import { runProcess } from './support/run-process.ts';

const DOCUMENTS = [ROOT, path.join(ROOT, 'docs')].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.relative(ROOT, path.join(folder, name))),
);

const EXAMPLES = readdirSync(path.join(ROOT, 'examples')).map((name) =>
  readFileSync(path.join(ROOT, 'examples', name), 'utf8'),
);

function readDocument(document: string): string {
  return readFileSync(path.join(ROOT, document), 'utf8');
}

function blocksOf(document: string, languages: readonly string[]): CodeBlock[] {
  return readCodeBlocks(readDocument(document)).filter(({ language }) =>
    languages.includes(language),
  );
}

function normalize(steps: readonly Step[]): string[][] {
  return steps.map(({ command, output }) => [command, normalizeOutput(output)]);
}

async function assertPrintsWhatItShows({ text }: CodeBlock): Promise<void> {
  const shown = parseConsoleBlock(text);
  assert(shown.length > 0, 'no line begins with "$ "');
  const printed = await runConsoleBlock(shown);
  const real = printed.map(({ command, output }) => `$ ${command}\n${output}`).join('');
  assert.deepEqual(normalize(printed), normalize(shown), `it really prints:\n${real}`);
}

async function assertCompiles({ text }: CodeBlock): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-docs-'));
  try {
    const source = path.join(directory, 'block.c');
    writeFileSync(source, text.includes('main(') ? text : `#include <belay.h>\n${text}`);
    const flags = ['-std=gnu11', '-fsyntax-only', '-Wall', '-Wextra', '-Werror', '-I', INCLUDE];
    const result = await runProcess(['cc', ...flags, source]);
    assert.equal(result.code, 0, result.stderr);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

for (const document of DOCUMENTS) {
  describe(document, () => {
    for (const block of blocksOf(document, ['console'])) {
      test(`line ${block.line} prints what it shows`, () => assertPrintsWhatItShows(block));
    }
    for (const block of blocksOf(document, ['c'])) {
      test(`line ${block.line} compiles`, () => assertCompiles(block));
    }
    for (const block of blocksOf(document, ['c', 'python', 'ts'])) {
      if (!/^(\/\*|\/\*\*|""")/.test(block.text)) continue;
      test(`line ${block.line} is one of the examples, word for word`, () => {
        assert(EXAMPLES.includes(block.text));
      });
    }
    test('links lead somewhere', () => {
      assertLinksLeadSomewhere(document);
    });
  });
}

function assertLinksLeadSomewhere(document: string): void {
  for (const link of readLinks(readDocument(document))) {
    if (/^https?:/.test(link)) continue;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? document : path.join(path.dirname(document), file);
    assert(existsSync(path.join(ROOT, target)), `${document} links to ${link}`);
    if (anchor === undefined) continue;
    assert(readAnchors(readDocument(target)).has(anchor), `${document} links to ${link}`);
  }
}

test('TypeScript blocks pass the type check', async () => {
  // Inside the checkout, so that 'belay' is found as it is by its own tests.
  mkdirSync(path.join(ROOT, 'build'), { recursive: true });
  const directory = mkdtempSync(path.join(ROOT, 'build/docs-'));
  try {
    for (const document of DOCUMENTS) {
      for (const { text, line } of blocksOf(document, ['ts'])) {
        const name = `${document.replace(/\W/g, '-')}-${line}.ts`;
        writeFileSync(path.join(directory, name), `${text}export {};\n`);
      }
    }
    const config = { extends: '../../tsconfig.json', include: ['*.ts'] };
    writeFileSync(path.join(directory, 'tsconfig.json'), JSON.stringify(config));
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const result = await runProcess([process.execPath, tsc, '-p', directory]);
    assert.equal(result.code, 0, result.stdout);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

async function readHelp(words: readonly string[]): Promise<string> {
  const result = await runProcess([BIN_BELAY, ...words, '--help']);
  assert.equal(result.code, 0, result.stderr);
  return result.stdout;
}

test('the documents say what the resources say of themselves', async () => {
  assert.deepEqual(await findUntrue(), [], '`npm run fates` writes them anew');
});

test('docs/performance.md and its charts say what the bench found', async () => {
  const why = '`npm run performance` writes them anew';
  assert.deepEqual(await findUntruePerformance(), [], why);
});

test('every command and option of --help is in README.md and docs/cli.md', async () => {
  const readme = readDocument('README.md');
  const reference = readDocument('docs/cli.md');
  const overview = await readHelp([]);
  const names = [...overview.matchAll(/^ {2}([a-z]+) .*/gm)].map((match) => match[1] ?? '');
  const commands = names.filter((name) => name !== 'help');
  assert(commands.length >= 8, overview);
  for (const command of commands) {
    assert(readme.includes(`belay ${command}`), `README.md: belay ${command}`);
    assert(reference.includes(`belay ${command}`), `docs/cli.md: belay ${command}`);
    const help = await readHelp([command]);
    for (const [option] of help.matchAll(/--[a-z][a-z-]*/g)) {
      assert(readme.includes(option), `README.md: ${command} ${option}`);
      if (option === '--help' || option === '--version') continue;
      assert(reference.includes(option), `docs/cli.md: ${command} ${option}`);
    }
  }
});

test('every default of the options is the one in the documents', async () => {
  const help = await readHelp(['run']);
  for (const document of ['README.md', 'docs/cli.md']) {
    for (const [, option, , value = ''] of help.matchAll(DEFAULT)) {
      const row = new RegExp(`\`${option ?? ''}[ \`][^\n]*${value.replaceAll(',', ',\\s*')}`);
      assert.match(readDocument(document), row, `${document}: ${option} ${value}`);
    }
  }
});

const DEFAULT = /^ {2}(--[a-z-]+) [A-Z]+ +((?!^ {2}-)[\s\S])*?\(default: ([^)]+)\)/gm;
