/**
 * The threads resource: which threads there are. A rollback ends those born since the point and
 * makes those again that ended; what each of them is doing is the matter of thread-states.ts.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { BelayError, SyscallError } from '../../errors.ts';
import { CLONE_ARGS_SIZE, CLONE_THREAD_FLAGS } from '../../sys/clone3.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { ptraceSetsigmask } from '../../sys/ptrace.ts';
import { isRseqWritable, prepareToEnd, repairRseq } from '../../tracee/rseq.ts';
import type { Thread } from '../../tracee/thread.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { Obstacle, type Applied, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { canChooseTid } from './privilege.ts';
import type { FactsOfThreads, ThreadFacts } from './thread-facts.ts';

const VERSION = 1;
const EXIT_STEPS_MAX = 1000;

export interface CrewMember extends ThreadFacts {
  readonly tid: number;
}

export type CrewImage = readonly CrewMember[];

export interface CrewPlan {
  readonly newborn: readonly Thread[];
  readonly ended: readonly CrewMember[];
}

export class Crew implements Resource<CrewImage, CrewPlan> {
  readonly name = 'threads';
  private readonly facts: FactsOfThreads;

  constructor(facts: FactsOfThreads) {
    this.facts = facts;
  }

  capture(stopped: Stopped, before: CrewImage | undefined): CrewImage {
    if (before !== undefined && this.isSame(stopped, before)) return before;
    return [...stopped.group.threads.values()].map((thread) => ({
      tid: thread.tid,
      ...this.facts.factsOf(thread),
    }));
  }

  /** Also chooses the thread that makes the calls of the rollback. */
  prepare(stopped: Stopped, image: CrewImage): CrewPlan | Obstacle {
    const { threads } = stopped.group;
    const ended = image.filter(({ tid }) => !threads.has(tid));
    if (ended.some(({ tid }) => tid === stopped.pid)) {
      return new Obstacle('its main thread has ended');
    }
    const [first] = ended;
    if (first !== undefined && !canChooseTid(stopped)) {
      const why = 'and its id cannot be chosen without privilege';
      return new Obstacle(`thread ${first.tid} has ended, ${why}`);
    }
    const keeper = findKeeper(stopped, image);
    if (keeper === undefined) {
      return new Obstacle('no thread is left that could make calls (is its rseq area unmapped?)');
    }
    stopped.chooseCaller = () => {
      repairRseq(stopped.target, keeper);
      return keeper;
    };
    const known = new Set(image.map(({ tid }) => tid));
    const newborn = [...threads.values()].filter(({ tid }) => !known.has(tid));
    return { newborn, ended };
  }

  apply(stopped: Stopped, plan: CrewPlan): Applied {
    endThreads(stopped, plan.newborn);
    for (const member of plan.ended) this.remake(stopped, member);
    if (plan.newborn.length + plan.ended.length > 0) stopped.renew();
    const counts = { threadsEnded: plan.newborn.length, threadsRecreated: plan.ended.length };
    return { counts };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: CrewImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): CrewImage {
    return decodeImage(VERSION, bytes) as CrewImage;
  }

  forgetThread(tid: number): void {
    this.facts.forget(tid);
  }

  close(): void {
    // Holds nothing.
  }

  private isSame({ group }: Stopped, before: CrewImage): boolean {
    if (before.length !== group.threads.size) return false;
    let index = 0;
    for (const thread of group.threads.values()) {
      const member = before[index];
      const facts = this.facts.factsOf(thread);
      if (member?.tid !== thread.tid || member.clearChildTid !== facts.clearChildTid) return false;
      if (member.alternateStack !== facts.alternateStack) return false;
      index += 1;
    }
    return true;
  }

  /** Make a thread again that ended, with its own tid. */
  private remake({ pump, remote }: Stopped, member: CrewMember): void {
    const { calls, scratch } = remote();
    const args = encodeCloneArgs(member, scratch.put(encodeTid(member.tid)));
    const tid = calls.call(SYS.clone3, scratch.put(args), CLONE_ARGS_SIZE);
    if (tid < 0) throw cannotRemake(member.tid, -tid);
    const thread = pump.threads.get(tid);
    if (thread === undefined) {
      throw new BelayError('EINTERNAL', `cannot take over the new thread ${tid}: not reported`);
    }
    if (!thread.isStopped && pump.nextOf(thread) === undefined) throw cannotRemake(member.tid, 3);
    this.facts.set(thread, member);
    this.facts.remade.add(tid);
  }
}

/** A thread that lives on both sides of the rollback and can make calls; the leader, if it can. */
function findKeeper({ group, target }: Stopped, image: CrewImage): Thread | undefined {
  const { threads, leader } = group;
  const known = image.flatMap(({ tid }) => threads.get(tid) ?? []);
  const candidates = leader === undefined ? known : [leader, ...known];
  return candidates.find((thread) => thread.isStopped && isRseqWritable(target, thread));
}

/** End threads and wait until each is gone. */
function endThreads(stopped: Stopped, newborn: readonly Thread[]): void {
  const { pump, target, remote } = stopped;
  for (const thread of newborn) prepareToEnd(target, thread, remote);
  if (newborn.length === 0) return;
  const { syscallAddress } = remote().calls;
  for (const thread of newborn) endThread(thread, syscallAddress);
  for (const thread of newborn) {
    for (let steps = 0; pump.threads.get(thread.tid) === thread; steps += 1) {
      // It can have stopped once more (for a signal, say) while another one's end was waited for.
      if (thread.isStopped) endThread(thread, syscallAddress);
      else if (steps > EXIT_STEPS_MAX || !pump.next()) {
        throw new BelayError('EINTERNAL', `cannot end thread ${thread.tid}: it does not exit`);
      }
    }
  }
}

const ALL_SIGNALS = new NativeBuffer(8);
ALL_SIGNALS.words.fill(0xffffffff);

function endThread(thread: Thread, syscallAddress: number): void {
  ptraceSetsigmask(thread.tid, ALL_SIGNALS.address);
  if (!thread.fetchRegisters()) return;
  const { registers } = thread;
  registers.set('rax', SYS.exit);
  registers.set('rdi', 0);
  registers.set('orig_rax', -1);
  registers.set('rip', syscallAddress);
  thread.storeRegisters();
  thread.proceed();
}

function encodeTid(tid: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(tid);
  return bytes;
}

/** struct clone_args; stack and thread pointer are dummies, all registers are set afterwards. */
function encodeCloneArgs(member: CrewMember, setTid: number): Buffer {
  const bytes = Buffer.alloc(CLONE_ARGS_SIZE);
  const put = (offset: number, value: number): void => {
    bytes.writeBigUInt64LE(BigInt(value), offset);
  };
  put(0, CLONE_THREAD_FLAGS);
  put(16, member.clearChildTid);
  put(56, 0);
  put(64, setTid);
  put(72, 1);
  return bytes;
}

function cannotRemake(tid: number, errno: number): SyscallError {
  return new SyscallError(
    `cannot make thread ${tid} again`,
    { syscall: 'clone3', errno, tid },
    { hint: 'choosing a thread id takes CAP_CHECKPOINT_RESTORE (or root); see belay doctor' },
  );
}
