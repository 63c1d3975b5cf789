/**
 * What a thread is doing, as far as the kernel has told: exactly one of these, and which may follow
 * which. Whoever moves a thread says what it becomes; a move that is not in the table is our own
 * mistake.
 *
 *               ┌──────────── stop reported ──────────┐
 *               ▼                                     │
 *   running ─▶ stopped ── resume ──▶ running          │
 *               │  ├── resume, group stop ──▶ listening (SIGCONT or interrupt)
 *               │  ├── resume, has called vfork ──▶ in-vfork ── child execs or ends ──▶ running
 *               │  └── let go of: on its way out, or for another tracer ──▶ gone
 *   any ── its end reported ──▶ gone
 */
import assert from 'node:assert/strict';
import type { Stop } from '../sys/wait.ts';

export interface Stopped {
  readonly kind: 'stopped';
  /** Why it is stopped. */
  readonly stop: Stop;
  /** Calls for us have left the stop that `stop` tells of: a signal is handed over by hand. */
  readonly isDisplaced: boolean;
}

export type ThreadState =
  | { readonly kind: 'running' }
  | Stopped
  /** In a group stop, which it leaves for SIGCONT or an interrupt. */
  | { readonly kind: 'listening' }
  /** In vfork(2): it cannot stop until `child` execs or ends. */
  | { readonly kind: 'in-vfork'; readonly child: number }
  /** It runs no more code of the program, and is none of ours any more. */
  | { readonly kind: 'gone' };

type Kind = ThreadState['kind'];

export const RUNNING: ThreadState = { kind: 'running' };
export const LISTENING: ThreadState = { kind: 'listening' };
export const GONE: ThreadState = { kind: 'gone' };

/** What may follow. A thread that is killed reports its end from wherever it is. */
const NEXT: Readonly<Record<Kind, readonly Kind[]>> = {
  running: ['stopped', 'gone'],
  stopped: ['stopped', 'running', 'listening', 'in-vfork', 'gone'],
  listening: ['stopped', 'gone'],
  'in-vfork': ['running', 'stopped', 'gone'],
  gone: [],
};

/** Throws when a thread cannot go from `from` to `to`. */
export function assertMove(tid: number, from: ThreadState, to: ThreadState): void {
  if (NEXT[from.kind].includes(to.kind)) return;
  assert.fail(`thread ${tid} cannot go from ${from.kind} to ${to.kind}`);
}
