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
import { ERESTARTSYS, Registers, REGISTERS_SIZE } from '../arch/x64/registers.ts';
import { TIMED_CALLS } from '../arch/x64/timed-calls.ts';
import {
  isReadOf,
  leastOf,
  setRest,
  unitSize,
  TRANSFER_CALLS,
  type TransferCall,
} from '../arch/x64/transfer-calls.ts';
import { NativeBuffer } from '../sys/libc.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { LimitSpan } from '../tracee/limit-span.ts';
import type { TargetMemory } from '../tracee/target-memory.ts';
import type { Thread } from '../tracee/thread.ts';
import type { Piece, Transfer } from '../tracee/transfer.ts';
import {
  readFileKind,
  readSocketKind,
  readTerminalMode,
  type SocketKind,
} from './read-file-kind.ts';
import { isLimitedRead } from './terminal-reads.ts';

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
/** No call transfers more: a part is all there is then. */
const MAX_RW_COUNT = 0x7ffff000;

/** What is known of the descriptors of a call. */
interface Files {
  readonly socket: SocketKind | undefined;
  /** It is a terminal that is read byte by byte. */
  readonly isTerminal: boolean;
  /** With so many bytes it is enough. */
  readonly least: number;
}

/** The stopped thread's call may have answered with a part; false at the first look, mostly. */
function mayBePartial(registers: Registers): boolean {
  if (!registers.isInSyscall()) return false;
  const call = TRANSFER_CALLS.get(registers.getInt('orig_rax'));
  if (call === undefined) return false;
  const { bytes } = call;
  if (bytes.kind === 'range') return registers.isStoppedWithoutRestart();
  const done = registers.getInt('rax');
  if (done <= 0 || registers.isCompatCall() || !isAllowed(call, registers)) return false;
  // Nobody is known to have waited for all that: it is asked once more.
  if (bytes.kind === 'ring') return registers.getIntArgument(RING_WAIT_ARGUMENT) !== 0;
  return done < (leastOf(call, registers) ?? Infinity);
}

/** The same, or nothing is done, and what there is of a limit would begin anew. */
export function isBrokenOffTransfer(process_: TracedProcess, registers: Registers): boolean {
  return mayBePartial(registers) || isInSpan(registers) || isLimitedRead(process_, registers);
}

/** Nothing is done, and the kernel would make the call again with a limit that begins anew. */
function isInSpan(registers: Registers): boolean {
  if (registers.getInt('rax') !== ERESTARTSYS || !registers.isInSyscall()) return false;
  const call = TRANSFER_CALLS.get(registers.getInt('orig_rax'));
  if (call?.span === undefined || registers.isCompatCall()) return false;
  return registers.getArgument(call.span) !== 0 && isAllowed(call, registers);
}

function spanOf({ target }: TracedProcess, call: TransferCall, registers: Registers) {
  const address = call.span === undefined ? 0 : registers.getArgument(call.span);
  return address === 0 ? undefined : new LimitSpan(target, address);
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
  if (call === undefined || !isBrokenOffTransfer(process_, registers)) return undefined;
  const isRange = call.bytes.kind === 'range';
  const done = isRange ? 0 : Math.max(registers.getInt('rax'), 0);
  const whole = piecesOf(process_.target, call, registers);
  if (!isRange && sizeOf(whole) > MAX_RW_COUNT) return undefined;
  const isRing = call.bytes.kind === 'ring';
  if (!isRing && done >= sizeOf(whole)) return undefined;
  const files = lookAtFiles(process_, call, registers);
  if (files === undefined || done >= files.least) return undefined;
  // The kernel would wait for `least` more: it is asked for no more than what is missing.
  const wanted = done === 0 ? whole : piecesUpTo(whole, files.least);
  const rest = isRing ? whole : piecesAfter(wanted, done, unitSize(call));
  const isLimitedByStep = hasLimitByStep(call, registers, files);
  if (isLate && !isLimitedByStep) return undefined;
  const span = spanOf(process_, call, registers);
  if (done > 0 && span?.isOver === true) return undefined;
  const saved = new Registers(new NativeBuffer(REGISTERS_SIZE).words);
  saved.copyFrom(registers);
  if (isRange) saved.set('rax', 0);
  thread.transfer = {
    call,
    isSocket: files.socket !== undefined,
    hasLimitByStep: isLimitedByStep,
    saved,
    rest,
    span,
    least: Math.min(leastOf(call, registers) ?? Infinity, files.least),
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
    const isNothing = isRange || transfer.saved.getInt('rax') < 0;
    if (isNothing) transfer.saved.set('rax', registers.isInterruptedSyscall() ? 0 : result);
    endTransfer(thread);
    return;
  }
  const unit = unitSize(transfer.call);
  const moved = isRange ? transfer.asked : result;
  const done = Math.max(transfer.saved.getInt('rax'), 0) + moved;
  if (!isRange) transfer.saved.set('rax', done);
  transfer.rest.splice(0, transfer.rest.length, ...piecesAfter(transfer.rest, moved, unit));
  const isEnough = !isRange && done >= transfer.least;
  const isLast = (isLate && !transfer.hasLimitByStep) || transfer.span?.isOver === true;
  const isOver = isEnough || isLast;
  if (transfer.rest.length === 0 || isOver) endTransfer(thread);
  else loadNext(thread, transfer);
}

/** The call is over, with what is done so far. */
export function endTransfer(thread: Thread): void {
  const { transfer, registers } = thread;
  if (transfer === undefined) return;
  thread.transfer = undefined;
  registers.copyFrom(transfer.saved);
  // Where nothing is done the kernel has its way.
  if (registers.isInterruptedSyscall()) transfer.span?.restore();
  else registers.finishSyscall(registers.getInt('rax'));
}

function loadNext(thread: Thread, transfer: Transfer): void {
  const [piece] = transfer.rest;
  if (piece === undefined) return;
  const isRange = transfer.call.bytes.kind === 'range';
  transfer.asked = isRange ? Math.min(piece.size, transfer.pieceMax) : piece.size;
  transfer.span?.writeLeft();
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

/** The first `size` bytes of the pieces. */
function piecesUpTo(pieces: readonly Piece[], size: number): Piece[] {
  let left = size;
  return pieces.map((piece) => {
    const taken = Math.min(piece.size, left);
    left -= taken;
    return { address: piece.address, size: taken };
  });
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}

/** What the descriptors are; undefined: a part may be all there was. */
function lookAtFiles(
  process_: TracedProcess,
  call: TransferCall,
  registers: Registers,
): Files | undefined {
  const { files, bytes } = call;
  let socket: SocketKind | undefined;
  let least: number | undefined;
  for (const [argument, kinds] of files) {
    const fd = registers.getIntArgument(argument);
    const kind = readFileKind(process_.group.living, fd);
    if (kind === undefined || !kinds.includes(kind)) return undefined;
    if (kind === 'terminal' && isReadOf(call, kind)) {
      const mode = readTerminalMode(process_, fd);
      if (mode === undefined) return undefined;
      least = Math.max(mode.least, 1);
    }
    if (kind !== 'socket') continue;
    socket = readSocketKind(process_, fd);
    if (socket === undefined) return undefined;
    if (!socket.isStream && bytes.kind !== 'items') return undefined;
  }
  return { socket, isTerminal: least !== undefined, least: least ?? Infinity };
}

/**
 * The kernel makes several transfers of the call, each with the whole limit: a message each, a few
 * pages of a file, what fits into one buffer of a unix(7) socket. Or it is from byte to byte.
 */
function hasLimitByStep(
  call: TransferCall,
  registers: Registers,
  { socket, isTerminal }: Files,
): boolean {
  const { kind } = call.bytes;
  if (kind === 'count' || isTerminal) return true;
  if (kind === 'items') return socket !== undefined;
  const isSend = TIMED_CALLS.get(registers.getCall())?.limit === 'send-option';
  return isSend && socket?.isUnix === true;
}
