/**
 * Reads of a terminal that answer with nothing when a time has passed (termios(3), VTIME without
 * VMIN). The kernel makes them again behind a stop of ours, and begins that time anew.
 *
 * Whether a thread is in one is asked of the terminal, but not at each of many stops: a thread that
 * waits in a read mostly waits for something else.
 */
import { readlinkSync } from 'node:fs';
import { ERESTARTSYS, type Registers } from '../arch/x64/registers.ts';
import { isReadOf, TRANSFER_CALLS } from '../arch/x64/transfer-calls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { readTerminalMode } from './read-file-kind.ts';

/** Chosen: so late it may be noticed that a terminal has been given a limit. */
const TRUSTED_MS = 200;
/** Chosen: beyond so many descriptors all is forgotten. */
const DESCRIPTORS_MAX = 1024;

/** Descriptors without a limit: until when that is believed. */
const trusted = new WeakMap<TracedProcess, Map<number, number>>();

/** The stopped thread was broken off in such a read, with nothing done. */
export function isLimitedRead(process_: TracedProcess, registers: Registers): boolean {
  if (registers.getInt('rax') !== ERESTARTSYS || !registers.isInSyscall()) return false;
  const call = TRANSFER_CALLS.get(registers.getInt('orig_rax'));
  if (call === undefined || !isReadOf(call, 'terminal') || registers.isCompatCall()) return false;
  const fd = registers.getIntArgument(0);
  const now = performance.now();
  const descriptors = trustedOf(process_);
  if (now < (descriptors.get(fd) ?? 0)) return false;
  if (hasLimit(process_, fd)) return true;
  if (descriptors.size >= DESCRIPTORS_MAX) descriptors.clear();
  descriptors.set(fd, now + TRUSTED_MS);
  return false;
}

/** A name is read first: who serves a file may be stopped, and answer no other question. */
function hasLimit(process_: TracedProcess, fd: number): boolean {
  try {
    if (!readlinkSync(`/proc/${process_.group.living}/fd/${fd}`).startsWith('/dev/')) return false;
  } catch {
    return false; // it is closed
  }
  const mode = readTerminalMode(process_, fd);
  return mode?.least === 0 && mode.limitMs > 0;
}

function trustedOf(process_: TracedProcess): Map<number, number> {
  const known = trusted.get(process_);
  if (known !== undefined) return known;
  const none = new Map<number, number>();
  trusted.set(process_, none);
  return none;
}
