/** What a point knows of a thread's alternate signal stack, and how it is put back. */
import type { Thread } from '../../tracee/thread.ts';
import { foretellGuess, nameGuess } from '../guess.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { exchangeStack, isStackEnabled } from './alternate-stack.ts';
import type { FactsOfThreads } from './thread-facts.ts';

const STACKS = 'alternate signal stacks';

export interface StackState {
  readonly tid: number;
  readonly alternateStack: Uint8Array | undefined;
  /** The thread was asked for it at this point; else at an earlier one. */
  readonly isStackAsked: boolean;
  /** When it was asked, if that was earlier: milliseconds since the epoch. */
  readonly stackAskedMs: number;
  /** Handlers may have asked for it. */
  readonly isStackUsed: boolean;
}

export function readStackState(thread: Thread, facts: FactsOfThreads): StackState {
  const isStackAsked = facts.isFresh(thread);
  return {
    tid: thread.tid,
    alternateStack: facts.factsOf(thread).alternateStack,
    isStackAsked,
    stackAskedMs: isStackAsked ? 0 : facts.askedMsOf(thread),
    isStackUsed: facts.stackUse.mayBeUsed,
  };
}

export function isSameStackState(one: StackState, other: StackState): boolean {
  return (
    one.alternateStack === other.alternateStack &&
    one.isStackAsked === other.isStackAsked &&
    one.stackAskedMs === other.stackAskedMs &&
    one.isStackUsed === other.isStackUsed
  );
}

/** What of it is known not to come back. The thread has the registers of the point. */
export function restoreStack(
  stopped: Stopped,
  thread: Thread,
  state: StackState,
  facts: FactsOfThreads,
): Named[] {
  const { alternateStack: wanted, isStackAsked, tid } = state;
  if (wanted === undefined) return [];
  if (!isStackEnabled(wanted) && !facts.stackUse.isUsed) return [];
  const lost: Named[] = [];
  stopped.withCallsOf(thread, (remote) => {
    const found = exchangeStack(remote, stopped.target, wanted);
    if (found !== 'refused') facts.noteStack(thread, wanted);
    if (found === 'was it' || (found === 'was another' && isStackAsked)) return;
    const what = found === 'refused' ? 'it is in use' : 'it is that of an earlier point';
    const text = `the alternate stack of thread ${tid} has changed: ${what}`;
    lost.push({ bit: LOST.signals, text });
  });
  return lost;
}

/** Of a rollback. */
export function nameGuessedStacks(states: readonly StackState[]): Named[] {
  return states.some(isGuessed) ? [nameGuess(LOST.signals, STACKS)] : [];
}

/** Of a point that was made at `timeMs`. */
export function foretellStacks(states: readonly StackState[], timeMs: number): Named[] {
  const asked = states.filter(isGuessed).map(({ stackAskedMs }) => stackAskedMs);
  if (asked.length === 0) return [];
  return [foretellGuess(LOST.signals, STACKS, timeMs - Math.min(...asked))];
}

/** It may have been another when the point was made. */
function isGuessed({ isStackAsked, isStackUsed }: StackState): boolean {
  return isStackUsed && !isStackAsked;
}
