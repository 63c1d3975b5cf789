/** The resources of one process, in the order in which a rollback applies them. */
import type { Range } from '../procfs/maps.ts';
import { PageArena } from '../store/page-arena.ts';
import type { PageLimit } from '../store/page-limit.ts';
import { AddressSpace } from './address-space/address-space.ts';
import { AskBudget } from './ask-budget.ts';
import { Attributes } from './attributes/attributes.ts';
import { OwnSettings } from './attributes/own-settings.ts';
import { Channels } from './channels/channels.ts';
import { Credentials } from './credentials/credentials.ts';
import { Descriptors } from './descriptors/descriptors.ts';
import { OwnTables } from './descriptors/own-tables.ts';
import { Ipc } from './ipc/ipc.ts';
import { PointClocks } from './descriptors/point-clocks.ts';
import { UnreadEvents } from './descriptors/unread-events.ts';
import type { Resource } from './resource.ts';
import { PendingSignals } from './signals/pending-signals.ts';
import { Signals } from './signals/signals.ts';
import { SharedMemory } from './shared-memory/shared-memory.ts';
import { SocketPairs } from './socket-pairs.ts';
import { Sockets } from './sockets/sockets.ts';
import { StatusLines } from './status-lines.ts';
import { StackUse } from './stack-use.ts';
import type { Stopped } from './stopped.ts';
import { PtyMasters } from './terminals/pty-masters.ts';
import { Terminals } from './terminals/terminals.ts';
import { Crew } from './threads/crew.ts';
import { FactsOfThreads } from './threads/thread-facts.ts';
import { Sandboxes } from './threads/sandboxes.ts';
import { SchedulingOfThreads } from './threads/scheduling-of-threads.ts';
import { ThreadFiles } from '../tracee/thread-files.ts';
import { ThreadStates } from './threads/thread-states.ts';
import { Timers } from './timers/timers.ts';

const SIGTRAP = 5;

export class ResourceList {
  readonly addressSpace: AddressSpace;
  /** The name of each thread, with a newline behind it. */
  readonly names: ThreadFiles;
  private readonly sharedMemory: SharedMemory;
  /**
   * Applied from the first to the last: threads first, for they must not run into what is half
   * done; what they do last, so that nothing runs before all else is in place. Captured from the
   * last to the first: what is asked of threads comes before their memory is looked at.
   */
  readonly all: readonly Resource[];

  /** The process is held still. Begins to watch its address space. */
  constructor(stopped: Stopped, limit: PageLimit) {
    const store = new PageArena(limit);
    this.names = new ThreadFiles((tid) => `/proc/${stopped.pid}/task/${tid}/comm`);
    this.addressSpace = new AddressSpace(stopped, store);
    const status = new StatusLines(stopped);
    stopped.isFreeOfTraps = ({ tid }) => status.isNonePending(tid) && !status.isIgnored(SIGTRAP);
    const stackUse = new StackUse(status);
    const facts = new FactsOfThreads(stackUse);
    const pairs = new SocketPairs();
    const descriptors = new Descriptors(stopped, status, pairs);
    this.sharedMemory = new SharedMemory(this.addressSpace, descriptors, store);
    const [asks, looks] = [new AskBudget(), new AskBudget(true)];
    this.all = [
      new Crew(facts),
      this.sharedMemory,
      this.addressSpace,
      new Ipc(descriptors),
      new Terminals(descriptors),
      new PtyMasters(descriptors),
      new Sockets(descriptors, pairs),
      new PointClocks(descriptors),
      new UnreadEvents(descriptors),
      descriptors,
      new Channels(descriptors, pairs),
      new OwnTables(),
      new Signals(status, stackUse),
      new PendingSignals(status, descriptors),
      new Timers(status, asks, looks),
      new Attributes(status),
      new Credentials(status),
      new OwnSettings(status, new AskBudget(true), new AskBudget()),
      new SchedulingOfThreads(facts, new AskBudget(true)),
      new ThreadStates(facts, this.names),
      new Sandboxes(),
    ];
  }

  /** The parts of a range whose content the last rollback has put back. */
  partsPutBack(range: Range): Range[] {
    return this.addressSpace.partsPutBack(range, (mapping) =>
      this.sharedMemory.hasPutBack(mapping),
    );
  }

  /** Finish what is still being saved of the newest point: better before a stop than in it. */
  settle(): void {
    this.addressSpace.settle();
  }

  /** Nothing is. */
  get isSettled(): boolean {
    return this.addressSpace.isSettled;
  }

  forgetThread(tid: number): void {
    for (const resource of this.all) resource.forgetThread?.(tid);
  }

  /** What is still being saved of it is of no use: it ends, or is to be let go. */
  abandonWork(): void {
    this.addressSpace.abandonWork();
  }

  close(): void {
    for (const resource of this.all) resource.close();
  }
}
