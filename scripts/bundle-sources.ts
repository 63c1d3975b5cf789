/**
 * Makes few files of many: one for each process and thread that belay begins, with all that it
 * loads, since Node takes the better part of a millisecond for every module.
 */
import { build, type BuildOptions } from 'esbuild';
import { join } from 'node:path';
import { ENTRIES } from '../src/own-file.ts';

/** What is common to all: readable names, for what is said of a mistake of ours. */
const OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'error',
} satisfies BuildOptions;

/** src/own-file.ts speaks of the place that it had: beside the folders of the entries. */
const PLACE = "const PLACE = new URL('../own-file.js', import.meta.url).href;";

/**
 * Writes `ENTRY.js` for each entry of src/ into the folder.
 *
 * @param packages those that are left to be found in node_modules
 * @returns the files that were read, by their paths in `root`
 */
export async function bundleSources(
  root: string,
  folder: string,
  packages: BuildOptions,
): Promise<string[]> {
  const { metafile } = await build({
    ...OPTIONS,
    ...packages,
    metafile: true,
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      ENTRIES.map((entry) => [entry, join(root, 'src', `${entry}.ts`)]),
    ),
    outdir: folder,
    define: { 'import.meta.url': 'PLACE' },
    banner: { js: PLACE },
  });
  return Object.keys(metafile.inputs);
}

/** The text of one file made of `source`. */
export async function bundleFile(source: string): Promise<string> {
  const { outputFiles } = await build({ ...OPTIONS, entryPoints: [source], write: false });
  return outputFiles.map(({ text }) => text).join('');
}
