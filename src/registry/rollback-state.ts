/**
 * The `state` file, by which a rollback that was cut short is known of afterwards, and an end of
 * the supervisor that it did not foresee.
 *
 *     64 bytes of Uint32, little endian:
 *     [0] phase: 0 idle, 1 rolling back, 2 ended   [1] pid   [3] [4] ms since 1970, low, high
 *     [2] of phase 1 the cd, of phase 2 how many records are in no log
 *
 * The tracer writes phase 1 before it changes the program and 0 when the program is whole again. A
 * supervisor that is gone while it says 1 was killed in between. One that is gone while it says 0
 * was, too; phase 2 is the last that it does, and takes no room on a disk that is full.
 */
import { join } from 'node:path';
import { readSmallFile } from './small-file.ts';
import { STATE_FILE } from './state-files.ts';

export const ROLLBACK_STATE_BYTES = 64;

export const PHASE_IDLE = 0;
export const PHASE_ROLLING_BACK = 1;
export const PHASE_ENDED = 2;

export interface RollbackState {
  readonly phase: number;
  readonly pid: number;
  /** Of phase 2: how many records are in no log. */
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
