/**
 * The confinement of each thread: syscall user dispatch, which comes back, and seccomp filters,
 * which are for life: those set since the point are named.
 */
import type { Thread } from '../../tracee/thread.ts';
import { readUserDispatch, writeUserDispatch } from '../../tracee/user-dispatch.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';

const VERSION = 1;

/** One thread at a point. */
interface Sandbox {
  readonly tid: number;
  /** struct ptrace_sud_config; undefined: off. */
  readonly dispatch: Uint8Array | undefined;
  /** How many seccomp filters it has; undefined: that could not be looked at. */
  readonly filterCount: number | undefined;
}

export type SandboxesImage = readonly Sandbox[];

export class Sandboxes implements Resource<SandboxesImage, SandboxesImage> {
  readonly name = 'sandboxes';

  capture(stopped: Stopped, before: SandboxesImage | undefined): SandboxesImage {
    const { threads } = stopped.group;
    let index = 0;
    for (const thread of threads.values()) {
      const former = before?.[index];
      if (former === undefined || !isUnchanged(stopped, thread, former)) {
        return [...threads.values()].map((each) => captureThread(stopped, each));
      }
      index += 1;
    }
    return before?.length === index ? before : (before?.slice(0, index) ?? []);
  }

  prepare(_stopped: Stopped, image: SandboxesImage): SandboxesImage {
    return image;
  }

  /** After all calls: those that a thread makes for us put its own dispatch back when they end. */
  apply(stopped: Stopped, plan: SandboxesImage): Applied {
    const lost: Named[] = [];
    for (const sandbox of plan) {
      const thread = stopped.group.threads.get(sandbox.tid);
      if (thread === undefined) continue;
      if (!isSameDispatch(readUserDispatch(thread.tid), sandbox.dispatch)) {
        writeUserDispatch(thread.tid, sandbox.dispatch);
      }
      lost.push(...nameNewFilters(stopped, thread, sandbox));
    }
    return { lost };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: SandboxesImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): SandboxesImage {
    return decodeImage(VERSION, bytes) as SandboxesImage;
  }

  close(): void {
    // Holds nothing.
  }
}

function captureThread({ pump }: Stopped, thread: Thread): Sandbox {
  return {
    tid: thread.tid,
    dispatch: readUserDispatch(thread.tid),
    filterCount: pump.confinement.countFilters(thread, 0),
  };
}

function isUnchanged({ pump }: Stopped, thread: Thread, former: Sandbox): boolean {
  if (former.tid !== thread.tid) return false;
  if (pump.confinement.countFilters(thread, former.filterCount ?? 0) !== former.filterCount) {
    return false;
  }
  return isSameDispatch(readUserDispatch(thread.tid), former.dispatch);
}

function isSameDispatch(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one, other) === 0;
}

function nameNewFilters({ pump }: Stopped, thread: Thread, sandbox: Sandbox): readonly Named[] {
  const { tid, filterCount } = sandbox;
  if (filterCount === undefined) return [];
  const since = (pump.confinement.countFilters(thread, filterCount) ?? 0) - filterCount;
  if (since <= 0) return [];
  const what = since === 1 ? '1 seccomp filter stays' : `${since} seccomp filters stay`;
  return [{ bit: LOST.privileges, text: `thread ${tid}: ${what} that came since the point` }];
}
