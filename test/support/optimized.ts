/** What V8 does when it likes, at once: collect garbage, and optimize a function. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
setFlagsFromString('--allow-natives-syntax');
const collect = runInNewContext('gc') as () => void;
// eslint-disable-next-line @typescript-eslint/no-implied-eval -- no syntax that a compiler knows
const native = (name: string) => new Function('it', `%${name}(it)`) as (it: unknown) => void;

/** Before it is called so often that what is optimized knows its types. */
export const prepareToOptimize = native('PrepareFunctionForOptimization');
/** With the next call. */
export const optimize = native('OptimizeMaglevOnNextCall');

/** Collect, and give other content to what is free by now. */
export function collectAndOverwrite(sizeBytes: number): void {
  collect();
  for (let count = 0; count < 50; count += 1) {
    new Uint8Array(new ArrayBuffer((sizeBytes + 7) & ~7)).fill(0xaa);
  }
}
