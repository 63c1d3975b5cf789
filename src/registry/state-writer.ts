/** Keeps the `state` file: one write before a rollback touches anything, one when it is done. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import {
  PHASE_ENDED,
  PHASE_IDLE,
  PHASE_ROLLING_BACK,
  ROLLBACK_STATE_BYTES,
} from './rollback-state.ts';
import { STATE_FILE } from './state-files.ts';
import { pwrite } from '../sys/file.ts';
import { NativeBuffer } from '../sys/libc.ts';

const PHASE = 0;
const PID = 1;
const CD = 2;
const TIME_OFFSET = 12;

export class StateWriter {
  private readonly bytes = new NativeBuffer(ROLLBACK_STATE_BYTES);
  private readonly fd: number;

  constructor(directory: string) {
    this.fd = openSync(join(directory, STATE_FILE), 'r+');
  }

  begin(pid: number, cd: number): void {
    this.write(PHASE_ROLLING_BACK, pid, cd);
  }

  end(): void {
    this.writePhase(PHASE_IDLE);
  }

  /** The supervision is over, and has told of it; a rollback that was cut short stays so. */
  finish(pid: number, unloggedCount: number): void {
    if (this.bytes.words[PHASE] === PHASE_ROLLING_BACK) return;
    this.write(PHASE_ENDED, pid, unloggedCount);
  }

  close(): void {
    closeSync(this.fd);
  }

  private write(phase: number, pid: number, cd: number): void {
    this.bytes.words[PID] = pid;
    this.bytes.words[CD] = cd;
    this.bytes.setUint64(TIME_OFFSET, Date.now());
    this.writePhase(phase);
  }

  private writePhase(phase: number): void {
    this.bytes.words[PHASE] = phase;
    pwrite(this.fd, this.bytes.address, ROLLBACK_STATE_BYTES, 0);
  }
}
