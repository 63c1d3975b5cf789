/** The settings that a program has of itself, one by one: how it asks for each, and sets it. */
import { SYS } from '../../arch/x64/syscalls.ts';
import { NODEMASK_BITS, NODEMASK_SIZE } from '../../sys/mempolicy.ts';
import { PERSONALITY_ASK } from '../../sys/personality.ts';
import {
  PR_GET_CHILD_SUBREAPER,
  PR_GET_DUMPABLE,
  PR_GET_IO_FLUSHER,
  PR_GET_MDWE,
  PR_GET_MEMORY_MERGE,
  PR_GET_PDEATHSIG,
  PR_GET_SECUREBITS,
  PR_GET_THP_DISABLE,
  PR_GET_TSC,
  PR_MCE_KILL,
  PR_MCE_KILL_GET,
  PR_MCE_KILL_SET,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_IO_FLUSHER,
  PR_SET_KEEPCAPS,
  PR_SET_MEMORY_MERGE,
  PR_SET_PDEATHSIG,
  PR_SET_SECUREBITS,
  PR_SET_THP_DISABLE,
  PR_SET_TSC,
  SECBIT_KEEP_CAPS,
} from '../../sys/prctl.ts';
import type { Remote } from '../../tracee/remote-session.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';

/** A number, or bytes as hexadecimal digits. */
export type Value = number | string;

/** The kernel does not have it, or tells it only to others. */
export const UNTOLD = -1;

export interface Asker extends Remote {
  readonly target: TargetMemory;
}

export interface SettingKind {
  /** As the log tells of it. */
  readonly name: string;
  readonly ask: (asker: Asker) => Value;
  /** Whether it is `wanted` afterwards. */
  readonly write: (asker: Asker, now: Value, wanted: Value) => boolean;
}

/** What is asked for by one prctl(2), and set by another. */
const byPrctl = (name: string, get: number, set: number): SettingKind => ({
  name,
  ask: ({ calls }) => calls.call(SYS.prctl, get),
  write: ({ calls }, _now, wanted) => calls.call(SYS.prctl, set, Number(wanted)) === 0,
});

/** The same, of those that are not the call's answer. */
const byAddress = (name: string, get: number, set: number): SettingKind => ({
  ...byPrctl(name, get, set),
  ask: ({ calls, scratch, target }) => {
    const address = scratch.reserve(4);
    const result = calls.call(SYS.prctl, get, address);
    return result < 0 ? result : target.read(address, 4).readInt32LE();
  },
});

export const SETTINGS: Readonly<Record<string, SettingKind>> = {
  dumpable: byPrctl(
    'whether its memory may be read (PR_SET_DUMPABLE)',
    PR_GET_DUMPABLE,
    PR_SET_DUMPABLE,
  ),
  /** Sent to it when its parent ends; 0: none. */
  parentDeathSignal: byAddress('its parent-death signal', PR_GET_PDEATHSIG, PR_SET_PDEATHSIG),
  /** Orphans among its descendants become its children. */
  childSubreaper: byAddress(
    'whether it is a child subreaper',
    PR_GET_CHILD_SUBREAPER,
    PR_SET_CHILD_SUBREAPER,
  ),
  /** With the bit to keep capabilities when users change. */
  securebits: {
    name: 'its securebits',
    ask: ({ calls }) => calls.call(SYS.prctl, PR_GET_SECUREBITS),
    write: ({ calls }, now, wanted) => {
      // To keep capabilities takes none.
      const isKeepOnly = ((Number(now) ^ Number(wanted)) & ~SECBIT_KEEP_CAPS) === 0;
      const keep = (Number(wanted) & SECBIT_KEEP_CAPS) === 0 ? 0 : 1;
      if (isKeepOnly) return calls.call(SYS.prctl, PR_SET_KEEPCAPS, keep) === 0;
      return calls.call(SYS.prctl, PR_SET_SECUREBITS, Number(wanted)) === 0;
    },
  },
  personality: {
    name: 'its personality',
    ask: ({ calls }) => calls.call(SYS.personality, PERSONALITY_ASK),
    write: ({ calls }, _now, wanted) => calls.call(SYS.personality, Number(wanted)) >= 0,
  },
  hugePages: {
    name: 'whether it gets huge pages (PR_SET_THP_DISABLE)',
    ask: ({ calls }) => calls.call(SYS.prctl, PR_GET_THP_DISABLE),
    // Since Linux 6.18 the higher bits are flags, and an argument of their own.
    write: ({ calls }, _now, wanted) => {
      const [isDisabled, flags] = [Number(wanted) & 1, Number(wanted) & ~1];
      return calls.call(SYS.prctl, PR_SET_THP_DISABLE, isDisabled, flags) === 0;
    },
  },
  timeStampCounter: byAddress(
    'whether it may read the time stamp counter (PR_SET_TSC)',
    PR_GET_TSC,
    PR_SET_TSC,
  ),
  memoryErrors: {
    name: 'when it is told of broken memory (PR_MCE_KILL)',
    ask: ({ calls }) => calls.call(SYS.prctl, PR_MCE_KILL_GET),
    write: ({ calls }, _now, wanted) =>
      calls.call(SYS.prctl, PR_MCE_KILL, PR_MCE_KILL_SET, Number(wanted)) === 0,
  },
  memoryMerge: byPrctl(
    'whether its memory may be merged (PR_SET_MEMORY_MERGE)',
    PR_GET_MEMORY_MERGE,
    PR_SET_MEMORY_MERGE,
  ),
  flusher: byPrctl(
    'whether others wait for its writes (PR_SET_IO_FLUSHER)',
    PR_GET_IO_FLUSHER,
    PR_SET_IO_FLUSHER,
  ),
  executableGain: {
    name: 'whether memory may become executable (PR_SET_MDWE)',
    ask: ({ calls }) => calls.call(SYS.prctl, PR_GET_MDWE),
    // For life.
    write: () => false,
  },
  /** Mode and nodes, without zeros behind them. */
  memoryPolicy: {
    name: 'from which nodes it gets memory (set_mempolicy)',
    ask: ({ calls, scratch, target }) => {
      const size = 4 + NODEMASK_SIZE;
      const mode = scratch.put(Buffer.alloc(size + 4));
      const result = calls.call(SYS.get_mempolicy, mode, mode + 8, NODEMASK_BITS, 0, 0);
      if (result < 0) return result;
      const bytes = target.read(mode, size + 4);
      const told = Buffer.concat([bytes.subarray(0, 4), bytes.subarray(8)]);
      return told.toString('hex').replace(/(?:00)+$/, '');
    },
    write: ({ calls, scratch }, _now, wanted) => {
      const bytes = Buffer.alloc(4 + NODEMASK_SIZE);
      bytes.write(String(wanted), 'hex');
      const nodes = bytes.subarray(4);
      const isAny = nodes.every((byte) => byte === 0);
      const [place, bits] = isAny ? [0, 0] : [scratch.put(nodes), NODEMASK_BITS];
      return calls.call(SYS.set_mempolicy, bytes.readInt32LE(), place, bits) === 0;
    },
  },
};
