/**
 * Begins what is bundled when that is of the sources as they are now, and otherwise the sources.
 * scripts/bundle.ts makes `bundle/ENTRY.js` of it, for what bin/belay begins.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findFresh } from './looked.ts';

const { dirname, filename } = import.meta;
const bundle = join(dirname, '..');
/** It is node_modules/.cache/belay/bundle of it. */
const checkout = join(bundle, '../../../../');
const entry = filename.slice(bundle.length, -'.js'.length);

const generation = findFresh(checkout, join(bundle, 'current.json'));
const begun =
  generation === undefined
    ? join(checkout, 'src', `${entry}.ts`)
    : join(bundle, generation, 'src', `${entry}.js`);
// A URL, as what import() takes is one: a path may have '#', '?' and '%' in it.
await import(pathToFileURL(begun).href);
