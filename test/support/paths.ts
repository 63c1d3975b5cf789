/**
 * Where things are in the checkout, for tests.
 */
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const BIN_BELAY = path.join(ROOT, 'bin/belay');
export const INCLUDE = path.join(ROOT, 'include');
export const PYTHON = path.join(ROOT, 'python');
export const TARGETS = path.join(ROOT, 'test/targets');
