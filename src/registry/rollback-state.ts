/**
 * The `state` file, by which a rollback that was cut short is known of afterwards.
 *
 *     64 bytes of Uint32, little endian:
 *     [0] phase: 0 idle, 1 rolling back   [1] pid   [2] cd   [3] [4] ms since 1970, low, high
 *
 * The tracer writes phase 1 before it changes the program and 0 when the program is whole again. A
 * supervisor that is gone while it says 1 was killed in between.
 */
import { join } from 'node:path';
import { readSmallFile } from './small-file.ts';
import { STATE_FILE } from './state-files.ts';

export const ROLLBACK_STATE_BYTES = 64;

export const PHASE_IDLE = 0;
export const PHASE_ROLLING_BACK = 1;

export interface RollbackState {
  readonly phase: number;
  readonly pid: number;
  readonly cd: number;
  readonly timeMs: number;
}

const TWO_TO_32 = 2 ** 32;

export function encodeRollbackState(state: RollbackState): Uint8Array {
  const bytes = new Uint8Array(ROLLBACK_STATE_BYTES);
  const view = new DataView(bytes.buffer);
  const high = Math.floor(state.timeMs / TWO_TO_32);
  [state.phase, state.pid, state.cd, state.timeMs % TWO_TO_32, high].forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  return bytes;
}

export function decodeRollbackState(bytes: Uint8Array): RollbackState | undefined {
  if (bytes.length < ROLLBACK_STATE_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (index: number): number => view.getUint32(index * 4, true);
  const timeMs = word(3) + word(4) * TWO_TO_32;
  return { phase: word(0), pid: word(1), cd: word(2), timeMs };
}

export function readRollbackState(directory: string): RollbackState | undefined {
  const bytes = readSmallFile(join(directory, STATE_FILE), ROLLBACK_STATE_BYTES * 2);
  return bytes === undefined ? undefined : decodeRollbackState(bytes);
}
