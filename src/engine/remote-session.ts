/**
 * Remote calls for one operation: begun when first needed, ended once, on a thread that stays.
 */
import { RemoteCalls } from '../tracee/remote-calls.ts';
import { Scratch } from '../tracee/scratch.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import type { TargetMemory } from '../tracee/target-memory.ts';
import type { Thread } from '../tracee/thread.ts';

export class RemoteSession {
  private readonly pump: EventPump;
  private readonly choose: () => Thread;
  private readonly syscallAddress: number;
  private readonly memory: TargetMemory;
  private open: { readonly calls: RemoteCalls; readonly scratch: Scratch } | undefined = undefined;

  constructor(pump: EventPump, choose: () => Thread, syscallAddress: number, memory: TargetMemory) {
    this.pump = pump;
    this.choose = choose;
    this.syscallAddress = syscallAddress;
    this.memory = memory;
  }

  /** The calls, begun now if they were not yet. */
  readonly use = (): { readonly calls: RemoteCalls; readonly scratch: Scratch } => {
    if (this.open === undefined) {
      const calls = new RemoteCalls(this.pump, this.choose(), this.syscallAddress);
      this.open = { calls, scratch: new Scratch(calls, this.memory) };
    }
    return this.open;
  };

  /** Put the thread's registers back and unmap the scratch page. */
  end(): void {
    const { open } = this;
    this.open = undefined;
    if (open === undefined) return;
    try {
      open.scratch.release();
    } finally {
      open.calls.end();
    }
  }
}
