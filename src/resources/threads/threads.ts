/**
 * The threads resource: registers, extended state, signal mask, name and the kernel's per-thread
 * pointers of every thread; ends threads born since a point and makes those again that ended.
 */
import { Registers, REGISTERS_SIZE } from '../../arch/x64/registers.ts';
import { SYS } from '../../arch/x64/syscalls.ts';
import { BelayError, SyscallError } from '../../errors.ts';
import { CLONE_ARGS_SIZE, CLONE_THREAD_FLAGS } from '../../sys/clone3.ts';
import { close, open, O_RDONLY, pread } from '../../sys/file.ts';
import { getRobustList } from '../../sys/get-robust-list.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { PR_SET_NAME } from '../../sys/prctl.ts';
import {
  NT_X86_XSTATE,
  ptraceGetregset,
  ptraceGetRseqConfiguration,
  ptraceGetsigmask,
  ptraceSetregset,
  ptraceSetsigmask,
  type RseqConfiguration,
} from '../../sys/ptrace.ts';
import type { EventPump } from '../../tracee/event-pump.ts';
import type { Thread } from '../../tracee/thread.ts';
import type { RemoteSource } from '../address-space/mappings.ts';

const COMM_SIZE = 16;
const RSEQ_FLAG_UNREGISTER = 1;
const ROBUST_LIST_HEAD_SIZE = 24;
export const STACK_T_SIZE = 24;
const XSTATE_MAX = 16384;
/** Where XSTATE_BV is in the extended state, and its bits for AMX, which nearly nobody uses. */
const XSTATE_BV_WORD = 512 / 4;
const XSTATE_BV_AMX = 3 << 17;
/** Where AMX begins in the standard format: what lies before is 2.7 KB of 11. */
const XSTATE_WITHOUT_AMX_SIZE = 2752;

const MASK_OFFSET = REGISTERS_SIZE;
const COMM_OFFSET = MASK_OFFSET + 8;
const XSTATE_OFFSET = 256;

/** Everything of one thread at a point. */
export interface ThreadImage {
  tid: number;
  /** Registers, then signal mask, name, and from byte 256 on the extended state. */
  readonly bytes: NativeBuffer;
  readonly registers: Registers;
  /** Bytes of the extended state that are in use; those that do not fit are in `largeXstate`. */
  xstateSize: number;
  largeXstate: Buffer | undefined;
  robustList: number;
  rseq: RseqConfiguration | undefined;
  alternateStack: Buffer | undefined;
  clearChildTid: number;
}

/** Reads and writes thread images; keeps a pool of them, for points that come and go. */
export class Threads {
  private readonly pool: ThreadImage[] = [];
  private readonly commFds = new Map<number, number>();
  private readonly rseqs = new Map<number, RseqConfiguration>();
  private readonly comm = new NativeBuffer(COMM_SIZE);
  private readonly xstate = new NativeBuffer(XSTATE_MAX);
  private xstateSize = 0;
  private readonly pid: number;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** The image of a stopped thread; undefined when it is gone. */
  capture(thread: Thread): ThreadImage | undefined {
    if (!thread.fetchRegisters()) return undefined;
    thread.noteRestart();
    const image = this.takeImage(thread.tid);
    const { address } = image.bytes;
    image.registers.copyFrom(thread.registers);
    const kind = thread.stop?.kind;
    const isAtEntry = kind === 'seccomp' || thread.isAtSyscallEntry;
    if (isAtEntry ? image.registers.isInSyscall() : image.registers.isInterruptedSyscall()) {
      const isHidden = image.registers.isRestartSyscall();
      image.registers.rewindSyscall(isHidden ? thread.restartedCall : undefined);
    }
    if (!this.captureXstate(thread.tid, image)) {
      this.recycle(image);
      return undefined;
    }
    ptraceGetsigmask(thread.tid, address + MASK_OFFSET);
    this.readComm(thread.tid);
    this.comm.bytes.copy(image.bytes.bytes, COMM_OFFSET, 0, COMM_SIZE);
    image.robustList = getRobustList(thread.tid);
    image.rseq = this.rseqOf(thread.tid);
    image.alternateStack = thread.alternateStack;
    image.clearChildTid = thread.clearChildTid;
    return image;
  }

  /** Give a stopped thread the state of an image; false when the thread is gone. */
  restore(thread: Thread, image: ThreadImage): boolean {
    const { address } = image.bytes;
    thread.registers.copyFrom(image.registers);
    if (!thread.storeRegisters()) return false;
    this.restoreXstate(thread.tid, image);
    ptraceSetsigmask(thread.tid, address + MASK_OFFSET);
    return true;
  }

  /** True when the thread's name is no longer the image's. */
  isRenamed(thread: Thread, image: ThreadImage): boolean {
    this.readComm(thread.tid);
    const name = image.bytes.bytes.subarray(COMM_OFFSET, COMM_OFFSET + COMM_SIZE);
    return this.comm.bytes.compare(name, 0, COMM_SIZE, 0, COMM_SIZE) !== 0;
  }

  /** Give the calling thread of `remote` the image's name. */
  rename(image: ThreadImage, remote: RemoteSource): void {
    const { calls, scratch } = remote();
    const name = image.bytes.bytes.subarray(COMM_OFFSET, COMM_OFFSET + COMM_SIZE);
    calls.call(SYS.prctl, PR_SET_NAME, scratch.put(name));
  }

  /** Register the thread's rseq area where it was at the point, or not at all. */
  restoreRseq(thread: Thread, image: ThreadImage, remote: RemoteSource): void {
    const now = ptraceGetRseqConfiguration(thread.tid);
    const wanted = image.rseq;
    if (now === undefined || now.address === (wanted?.address ?? 0)) return;
    this.rseqs.delete(thread.tid);
    const { calls } = remote();
    if (now.address !== 0) {
      calls.call(SYS.rseq, now.address, now.sizeBytes, RSEQ_FLAG_UNREGISTER, now.signature);
    }
    if (wanted !== undefined && wanted.address !== 0) {
      calls.call(SYS.rseq, wanted.address, wanted.sizeBytes, 0, wanted.signature);
    }
  }

  /** Make a thread again that ended, with its own tid. Throws EPERM to those who may not choose. */
  recreate(pump: EventPump, image: ThreadImage, remote: RemoteSource): Thread {
    const { calls, scratch } = remote();
    const args = encodeCloneArgs(image, scratch.put(encodeTid(image.tid)));
    const tid = calls.call(SYS.clone3, scratch.put(args), CLONE_ARGS_SIZE);
    if (tid < 0) throw cannotRecreate(image.tid, -tid);
    const thread = pump.threads.get(tid);
    if (thread === undefined) {
      throw new BelayError('EINTERNAL', `cannot take over the new thread ${tid}: not reported`);
    }
    if (thread.state !== 'stopped') {
      const stop = pump.nextOf(thread);
      if (stop === undefined) throw cannotRecreate(image.tid, 3);
      thread.stop = stop;
    }
    thread.clearChildTid = image.clearChildTid;
    thread.alternateStack = image.alternateStack;
    return thread;
  }

  /** What only the new thread itself can tell the kernel: robust list, rseq, alternate stack. */
  static registerWithKernel(image: ThreadImage, remote: RemoteSource): void {
    const { calls, scratch } = remote();
    if (image.robustList !== 0) {
      calls.call(SYS.set_robust_list, image.robustList, ROBUST_LIST_HEAD_SIZE);
    }
    if (image.rseq !== undefined && image.rseq.address !== 0) {
      const { address, sizeBytes, signature } = image.rseq;
      calls.call(SYS.rseq, address, sizeBytes, 0, signature);
    }
    if (image.alternateStack !== undefined) {
      calls.call(SYS.sigaltstack, scratch.put(image.alternateStack), 0);
    }
  }

  /** Images are used again by later points. */
  recycle(image: ThreadImage): void {
    this.pool.push(image);
  }

  /** The thread has ended: its files in /proc are of no use any more. */
  forget(tid: number): void {
    const fd = this.commFds.get(tid);
    if (fd !== undefined && fd >= 0) close(fd);
    this.commFds.delete(tid);
    this.rseqs.delete(tid);
  }

  close(): void {
    for (const tid of [...this.commFds.keys()]) this.forget(tid);
  }

  /** Read the extended state; only the part in use is kept. */
  private captureXstate(tid: number, image: ThreadImage): boolean {
    const { bytes, address, words } = this.xstate;
    const isFirst = this.xstateSize === 0;
    const asked = isFirst ? XSTATE_MAX : XSTATE_WITHOUT_AMX_SIZE;
    let size = ptraceGetregset(tid, NT_X86_XSTATE, address, asked);
    if (size < 0) return false;
    const hasAmx = ((words[XSTATE_BV_WORD] ?? 0) & XSTATE_BV_AMX) !== 0;
    if (hasAmx && !isFirst) size = ptraceGetregset(tid, NT_X86_XSTATE, address, XSTATE_MAX);
    if (size < 0) return false;
    const used = hasAmx ? size : Math.min(size, XSTATE_WITHOUT_AMX_SIZE);
    this.xstateSize = Math.max(this.xstateSize, size);
    image.xstateSize = used;
    if (used <= XSTATE_WITHOUT_AMX_SIZE) bytes.copy(image.bytes.bytes, XSTATE_OFFSET, 0, used);
    else image.largeXstate = Buffer.from(bytes.subarray(0, used));
    return true;
  }

  /** The kernel takes the whole state only: the rest is zeros, "not in use". */
  private restoreXstate(tid: number, image: ThreadImage): void {
    const { bytes, address } = this.xstate;
    if (image.xstateSize <= XSTATE_WITHOUT_AMX_SIZE) {
      image.bytes.bytes.copy(bytes, 0, XSTATE_OFFSET, XSTATE_OFFSET + image.xstateSize);
    } else image.largeXstate?.copy(bytes);
    bytes.fill(0, image.xstateSize, this.xstateSize);
    ptraceSetregset(tid, NT_X86_XSTATE, address, this.xstateSize);
  }

  private takeImage(tid: number): ThreadImage {
    const pooled = this.pool.pop();
    if (pooled !== undefined) return Object.assign(pooled, { tid });
    const bytes = new NativeBuffer(XSTATE_OFFSET + XSTATE_WITHOUT_AMX_SIZE);
    return {
      tid,
      bytes,
      registers: new Registers(bytes.words),
      xstateSize: 0,
      largeXstate: undefined,
      robustList: 0,
      rseq: undefined,
      alternateStack: undefined,
      clearChildTid: 0,
    };
  }

  /** The thread's name into `this.comm`, padded with zeros as PR_SET_NAME wants it. */
  private readComm(tid: number): void {
    let fd = this.commFds.get(tid);
    if (fd === undefined) {
      fd = open(`/proc/${this.pid}/task/${tid}/comm`, O_RDONLY);
      this.commFds.set(tid, fd);
    }
    const size = fd < 0 ? 0 : pread(fd, this.comm.address, COMM_SIZE, 0);
    this.comm.bytes.fill(0, Math.max(size - 1, 0));
  }

  private rseqOf(tid: number): RseqConfiguration | undefined {
    const known = this.rseqs.get(tid);
    if (known !== undefined) return known;
    const found = ptraceGetRseqConfiguration(tid);
    if (found !== undefined && found.address !== 0) this.rseqs.set(tid, found);
    return found;
  }
}

function encodeTid(tid: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(tid);
  return bytes;
}

/** struct clone_args; the stack is a dummy, all registers are set afterwards. */
function encodeCloneArgs(image: ThreadImage, setTid: number): Buffer {
  const bytes = Buffer.alloc(CLONE_ARGS_SIZE);
  const put = (offset: number, value: number): void => {
    bytes.writeBigUInt64LE(BigInt(value), offset);
  };
  put(0, CLONE_THREAD_FLAGS);
  put(16, image.clearChildTid);
  put(56, image.registers.get('fs_base'));
  put(64, setTid);
  put(72, 1);
  return bytes;
}

function cannotRecreate(tid: number, errno: number): SyscallError {
  return new SyscallError(
    `cannot make thread ${tid} again`,
    { syscall: 'clone3', errno, tid },
    { hint: 'choosing a thread id takes CAP_CHECKPOINT_RESTORE (or root); see belay doctor' },
  );
}

/** The name that a thread had when its image was made. */
export function nameOf(images: readonly ThreadImage[], tid: number): string | undefined {
  const bytes = images.find((image) => image.tid === tid)?.bytes.bytes;
  if (bytes === undefined) return undefined;
  const name = bytes.toString('utf8', COMM_OFFSET, COMM_OFFSET + COMM_SIZE);
  return name.slice(0, name.indexOf('\0'));
}
