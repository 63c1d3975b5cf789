/**
 * Looks up one address after the other, in a thread of its own: the files are named by the program
 * and may be made to take for ever, or all memory. Whoever asked ends this thread when it does.
 */
import { parentPort } from 'node:worker_threads';
import { createSymbolizer, type SymbolizeRequest } from '../symbols/symbolize.ts';

/** Chosen: the indexes of a large program with its libraries; beyond that all is learnt anew. */
const KEPT_MAX_BYTES = 256 * 1024 * 1024;

let symbolizer = createSymbolizer();

parentPort?.on('message', (request: SymbolizeRequest) => {
  parentPort?.postMessage(symbolizer.symbolize(request));
  if (process.memoryUsage().arrayBuffers > KEPT_MAX_BYTES) symbolizer = createSymbolizer();
});
