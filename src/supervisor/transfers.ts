/**
 * Transfers that a stop of ours (or a signal that the program ignores) broke off with a part done:
 * the rest is transferred by further calls, which are followed, and the sum is what the program
 * sees.
 *
 *   a part was answered ─▶ a call for the rest ── entry ── exit ─▶ all done: the sum
 *                               ▲                           │ a part again, or EINTR
 *                               └───────────────────────────┘
 *   a signal that the program handles, at any time ─▶ what is done so far, as without belay
 *
 * Only where a part cannot be all there was: descriptors that block. A time limit that the socket
 * has holds for all of the call, or begins anew with each step of it, as the kernel has it: what is
 * done when it has passed is the answer.
 */
import { readFileSync, statSync } from 'node:fs';
import { Registers, REGISTERS_SIZE } from '../arch/x64/registers.ts';
import { TIMED_CALLS } from '../arch/x64/timed-calls.ts';
import {
  leastOf,
  setRest,
  unitSize,
  TRANSFER_CALLS,
  type FileKind,
  type TransferCall,
} from '../arch/x64/transfer-calls.ts';
import { parseFdInfo } from '../procfs/fdinfo.ts';
import { O_NONBLOCK } from '../sys/file.ts';
import { NativeBuffer } from '../sys/libc.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import type { TargetMemory } from '../tracee/target-memory.ts';
import type { Thread } from '../tracee/thread.ts';
import type { Piece, Transfer } from '../tracee/transfer.ts';
import { readSocketKind, type SocketKind } from './time-limits.ts';

const IOVEC_SIZE = 16;
/** How many completions io_uring_enter(2) is to wait for. */
const RING_WAIT_ARGUMENT = 2;
/** As in the kernel: longer vectors are refused. */
const IOVECS_MAX = 1024;
/** Where struct msghdr has its vector and the length of that. */
const MESSAGE_VECTOR_OFFSET = 16;
/** fallocate begins anew after each stop: so it is done in pieces that fit between two. Chosen. */
const PIECE_MAX = 16 << 20;
const PIECE_MIN = 64 << 10;
/** /dev/zero, full, random and urandom; terminals. */
const MEMORY_MAJOR = 1;
const ENDLESS_MINORS: ReadonlySet<number> = new Set([5, 7, 8, 9]);
const TERMINAL_MAJORS: ReadonlySet<number> = new Set([4, 5, 136, 137, 138, 139]);
/** No call transfers more: a part is all there is then. */
const MAX_RW_COUNT = 0x7ffff000;

/** The stopped thread's call may have answered with a part; false at the first look, mostly. */
export function mayBePartial(registers: Registers): boolean {
  if (!registers.isInSyscall()) return false;
  const call = TRANSFER_CALLS.get(registers.getInt('orig_rax'));
  if (call === undefined) return false;
  const { bytes } = call;
  if (call.unlimited !== undefined && registers.getArgument(call.unlimited) !== 0) return false;
  if (bytes.kind === 'range') return registers.isStoppedWithoutRestart();
  const done = registers.getInt('rax');
  if (done <= 0 || registers.isCompatCall() || !isAllowed(call, registers)) return false;
  // Nobody is known to have waited for all that: it is asked once more.
  if (bytes.kind === 'ring') return registers.getIntArgument(RING_WAIT_ARGUMENT) !== 0;
  return done < (leastOf(call, registers) ?? Infinity);
}

/**
 * Begin to follow the call that the stopped thread was broken off in, with a part done; undefined:
 * it was not, or it cannot be told that the part is not all there was (its time is up, where it
 * `isLate`). Its registers are changed.
 */
export function beginTransfer(
  process_: TracedProcess,
  thread: Thread,
  isLate: boolean,
): Transfer | undefined {
  const { registers } = thread;
  const call = TRANSFER_CALLS.get(registers.getInt('orig_rax'));
  if (call === undefined || !mayBePartial(registers)) return undefined;
  const isRange = call.bytes.kind === 'range';
  const done = isRange ? 0 : registers.getInt('rax');
  const whole = piecesOf(process_.target, call, registers);
  if (!isRange && sizeOf(whole) > MAX_RW_COUNT) return undefined;
  const isRing = call.bytes.kind === 'ring';
  const rest = isRing ? whole : piecesAfter(whole, done, unitSize(call));
  const files = rest.length === 0 ? undefined : lookAtFiles(process_, call, registers);
  if (files === undefined) return undefined;
  const isLimitedByStep = hasLimitByStep(call, registers, files.socket);
  if (isLate && !isLimitedByStep) return undefined;
  const saved = new Registers(new NativeBuffer(REGISTERS_SIZE).words);
  saved.copyFrom(registers);
  if (isRange) saved.set('rax', 0);
  thread.transfer = {
    call,
    isSocket: files.socket !== undefined,
    hasLimitByStep: isLimitedByStep,
    saved,
    rest,
    asked: 0,
    pieceMax: PIECE_MAX,
  };
  loadNext(thread, thread.transfer);
  return thread.transfer;
}

/** The call for the rest is at its exit: go on with what is left, or finish, if it `isLate`. */
export function continueTransfer(thread: Thread, isLate: boolean): void {
  const { transfer, registers } = thread;
  if (transfer === undefined) return;
  const result = registers.getInt('rax');
  const isRange = transfer.call.bytes.kind === 'range';
  if (registers.isInterruptedSyscall() && !isLate) {
    transfer.pieceMax = Math.max(transfer.pieceMax >> 1, PIECE_MIN);
    loadNext(thread, transfer);
    return;
  }
  if (transfer.call.bytes.kind === 'ring') {
    endTransfer(thread);
    return;
  }
  if (isRange ? result < 0 : result <= 0) {
    if (isRange) transfer.saved.set('rax', result);
    endTransfer(thread);
    return;
  }
  const unit = unitSize(transfer.call);
  const moved = isRange ? transfer.asked : result;
  const done = transfer.saved.getInt('rax') + moved;
  if (!isRange) transfer.saved.set('rax', done);
  transfer.rest.splice(0, transfer.rest.length, ...piecesAfter(transfer.rest, moved, unit));
  const isEnough = !isRange && done >= (leastOf(transfer.call, transfer.saved) ?? Infinity);
  const isOver = isEnough || (isLate && !transfer.hasLimitByStep);
  if (transfer.rest.length === 0 || isOver) endTransfer(thread);
  else loadNext(thread, transfer);
}

/** The call is over, with what is done so far. */
export function endTransfer(thread: Thread): void {
  const { transfer, registers } = thread;
  if (transfer === undefined) return;
  thread.transfer = undefined;
  registers.copyFrom(transfer.saved);
  registers.finishSyscall(transfer.saved.getInt('rax'));
}

function loadNext(thread: Thread, transfer: Transfer): void {
  const [piece] = transfer.rest;
  if (piece === undefined) return;
  const isRange = transfer.call.bytes.kind === 'range';
  transfer.asked = isRange ? Math.min(piece.size, transfer.pieceMax) : piece.size;
  thread.registers.copyFrom(transfer.saved);
  setRest(thread.registers, transfer.call, transfer.isSocket, piece.address, transfer.asked);
}

function isAllowed({ flags }: TransferCall, registers: Registers): boolean {
  if (flags === undefined) return true;
  const given = registers.getIntArgument(flags.argument);
  return (given & flags.refused) === 0 && (given & flags.wanted) === flags.wanted;
}

/** All that the call was to transfer. */
function piecesOf(memory: TargetMemory, { bytes }: TransferCall, registers: Registers): Piece[] {
  const argument = (index: number): number => registers.getArgument(index);
  switch (bytes.kind) {
    case 'buffer':
    case 'items':
      return [{ address: argument(bytes.address), size: argument(bytes.size) }];
    case 'vector':
      return readVector(memory, argument(bytes.address), argument(bytes.count));
    case 'message': {
      const header = memory.read(argument(bytes.address) + MESSAGE_VECTOR_OFFSET, 16);
      if (header.length < 16) return [];
      return readVector(
        memory,
        Number(header.readBigUInt64LE(0)),
        Number(header.readBigUInt64LE(8)),
      );
    }
    case 'count':
    case 'ring':
      return [{ address: 0, size: argument(bytes.size) }];
    case 'range':
      return [{ address: argument(bytes.offset), size: argument(bytes.size) }];
  }
}

function readVector(memory: TargetMemory, address: number, count: number): Piece[] {
  if (count > IOVECS_MAX) return [];
  const vector = memory.read(address, count * IOVEC_SIZE);
  return Array.from({ length: Math.floor(vector.length / IOVEC_SIZE) }, (_, index) => ({
    address: Number(vector.readBigUInt64LE(index * IOVEC_SIZE)),
    size: Number(vector.readBigUInt64LE(index * IOVEC_SIZE + 8)),
  }));
}

/** What is left of the pieces when the first `done` bytes (or `unit`s) are through. */
function piecesAfter(pieces: readonly Piece[], done: number, unit: number): Piece[] {
  const rest: Piece[] = [];
  let skipped = done;
  for (const { address, size } of pieces) {
    if (skipped < size) {
      rest.push({ address: address + skipped * unit, size: size - skipped });
    }
    skipped = Math.max(skipped - size, 0);
  }
  return rest;
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}

/** What the socket among the descriptors is; undefined: a part may be all there was. */
function lookAtFiles(
  process_: TracedProcess,
  { files, bytes }: TransferCall,
  registers: Registers,
): { readonly socket: SocketKind | undefined } | undefined {
  let socket: SocketKind | undefined;
  for (const [argument, kinds] of files) {
    const fd = registers.getIntArgument(argument);
    const kind = kindOf(process_.group.living, fd);
    if (kind === undefined || !kinds.includes(kind)) return undefined;
    if (kind !== 'socket') continue;
    socket = readSocketKind(process_, fd);
    if (socket === undefined) return undefined;
    if (!socket.isStream && bytes.kind !== 'items') return undefined;
  }
  return { socket };
}

/**
 * The kernel makes several transfers of the call, each with the whole limit: a message each, a few
 * pages of a file, what fits into one buffer of a unix(7) socket.
 */
function hasLimitByStep(call: TransferCall, registers: Registers, socket?: SocketKind): boolean {
  const { kind } = call.bytes;
  if (kind === 'count') return true;
  if (kind === 'items') return socket !== undefined;
  const isSend = TIMED_CALLS.get(registers.getCall())?.limit === 'send-option';
  return isSend && socket?.isUnix === true;
}

/** What a descriptor of the process is, if it blocks. */
function kindOf(pid: number, fd: number): FileKind | undefined {
  try {
    const info = parseFdInfo(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'));
    if (info === undefined || (info.flags & O_NONBLOCK) !== 0) return undefined;
    const status = statSync(`/proc/${pid}/fd/${fd}`);
    if (status.isSocket()) return 'socket';
    if (status.isFIFO()) return 'stream';
    if (status.isFile()) return 'regular';
    return status.isCharacterDevice() ? kindOfDevice(status.rdev) : 'other';
  } catch {
    return undefined; // the process is gone, or the descriptor is
  }
}

/** By the numbers of Documentation/admin-guide/devices.txt. */
function kindOfDevice(rdev: number): FileKind | undefined {
  const major = rdev >> 8;
  if (major === MEMORY_MAJOR) return ENDLESS_MINORS.has(rdev & 0xff) ? 'endless' : undefined;
  return TERMINAL_MAJORS.has(major) ? 'stream' : undefined;
}
