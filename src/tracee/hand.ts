/**
 * A hand: a process that lives for the length of one rollback, shares only the program's memory
 * with it, and makes calls there that would touch what else the program has.
 *
 * It has a copy of the descriptor table, so that files can be opened where the program has no
 * number left, and closed without dropping the program's record locks; a personality of its own;
 * and no signal tells the program of its end.
 *
 * Source: clone(2); fcntl(2), "Record locking": locks are dropped by closing in the same table.
 */
import { SYS } from '../arch/x64/syscalls.ts';
import { BelayError } from '../errors.ts';
import { CLONE_VM } from '../sys/clone3.ts';
import { READ_IMPLIES_EXEC } from '../sys/personality.ts';
import type { EventPump } from './event-pump.ts';
import { isInOwnNamespace } from './own-namespace.ts';
import { RemoteCalls, TargetGoneError } from './remote-calls.ts';
import type { RemoteSource } from './remote-session.ts';
import { ThreadGroup, type Thread } from './thread.ts';

const __WALL = 0x40000000;
const FD_MAX = 0xffffffff;
/** personality(2): only ask. */
const PERSONALITY_QUERY = 0xffffffff;

const ELSEWHERE = 'cannot begin a process for it: its children have another pid namespace';

export class Hand {
  /** Its calls. Strings for them are put where any thread of the program sees them. */
  readonly calls: RemoteCalls;
  private readonly remote: RemoteSource;
  /** Its pid as the program sees it. */
  private readonly localPid: number;

  /**
   * @throws SyscallError where the program may have no process more
   * @throws BelayError where a process that it begins has another pid namespace than its own: the
   *   first one there takes the namespace along when it ends
   */
  constructor(pump: EventPump, remote: RemoteSource) {
    const { calls } = remote();
    if (!isInOwnNamespace(calls.thread)) throw new BelayError('EUNSUPPORTED', ELSEWHERE);
    let thread: Thread | undefined;
    pump.takeChild = (tid) => (thread = pump.add(tid, new ThreadGroup(tid)));
    try {
      this.localPid = calls.callOrThrow('clone', SYS.clone, CLONE_VM, 0, 0, 0, 0);
    } finally {
      pump.takeChild = undefined;
    }
    if (thread === undefined) throw new TargetGoneError(calls.thread.tid);
    this.remote = remote;
    if (!thread.isStopped && pump.nextOf(thread) === undefined) {
      throw new TargetGoneError(thread.tid);
    }
    this.calls = new RemoteCalls(pump, thread, calls.syscallAddress);
    this.calls.call(SYS.close_range, 0, FD_MAX, 0);
    const personality = this.calls.call(SYS.personality, PERSONALITY_QUERY);
    if ((personality & READ_IMPLIES_EXEC) !== 0) {
      this.calls.call(SYS.personality, personality & ~READ_IMPLIES_EXEC);
    }
  }

  /** It ends, and the program has one child less again. */
  end(): void {
    try {
      this.calls.call(SYS.exit, 0);
    } catch (error) {
      if (!(error instanceof TargetGoneError)) throw error;
    }
    // It has begun to end, and is waited for until it has.
    this.remote().calls.call(SYS.wait4, this.localPid, 0, __WALL, 0);
  }
}
