/**
 * System calls that answer with a part of what they were to transfer when a signal (or a stop of
 * ours) comes in the middle, and by which call the rest is transferred. tee(2), vmsplice(2), and
 * splice(2) and sendfile(2) to a pipe, are not among them: they answer with what fits anyway.
 */
import type { Registers } from './registers.ts';

const SYS_read = 0;
const SYS_write = 1;
const SYS_sendto = 44;
const SYS_recvfrom = 45;
/** sendto, recvfrom, sendmsg, recvmsg: their flags are those of the rest, too. */
const MESSAGE_CALLS: ReadonlySet<number> = new Set([44, 45, 46, 47]);

const MSG_PEEK = 0x2;
const MSG_DONTWAIT = 0x40;
const MSG_WAITALL = 0x100;
const MSG_NOSIGNAL = 0x4000;
const MSG_FASTOPEN = 0x20000000;
const GRND_NONBLOCK = 0x1;
const RWF_NOWAIT = 0x8;
const SPLICE_F_NONBLOCK = 0x2;
const FALLOC_SHIFTS = 0x28;
const MSG_WAITFORONE = 0x10000;
const MMSGHDR_SIZE = 64;
const IO_EVENT_SIZE = 32;
const IORING_ENTER_GETEVENTS = 0x1;

/** What must be so of a descriptor, or a part may be all there is. */
export type FileKind = 'stream' | 'terminal' | 'socket' | 'endless' | 'regular' | 'other';

export interface TransferCall {
  /** Descriptors by their argument, and what they must be. All of them must block. */
  readonly files: readonly (readonly [argument: number, kinds: readonly FileKind[]])[];
  /** The argument with the flags that may rule it out; undefined: none. */
  readonly flags?: {
    readonly argument: number;
    readonly refused: number;
    readonly wanted: number;
    /** Those that the call for the rest has besides. */
    readonly added?: number;
  };
  /**
   * Where the bytes are: in one buffer, in a vector of them, in the buffers of a struct msghdr, or
   * nowhere in memory (a count is all there is to the rest). Or what is done are whole items of so
   * many bytes, messages or events, of which the argument `least` may say how many are enough; or
   * requests to a ring that were made, but whose completion was then not waited for.
   */
  readonly bytes:
    | { readonly kind: 'buffer'; readonly address: number; readonly size: number }
    | { readonly kind: 'vector'; readonly address: number; readonly count: number }
    | { readonly kind: 'message'; readonly address: number }
    | { readonly kind: 'count'; readonly size: number }
    | { readonly kind: 'range'; readonly offset: number; readonly size: number }
    | {
        readonly kind: 'items';
        readonly address: number;
        readonly size: number;
        readonly itemSize: number;
        readonly least?: number;
      }
    | { readonly kind: 'ring'; readonly size: number };
  /** The argument with the address of a limit of the call's own, in which is left what is left. */
  readonly span?: number;
}

const outward: TransferCall['files'] = [[0, ['stream', 'terminal', 'socket']]];
const inward: TransferCall['files'] = [[0, ['endless', 'terminal']]];
const device: TransferCall['files'] = [[0, ['endless']]];
const socket: TransferCall['files'] = [[0, ['socket']]];
const buffer = { kind: 'buffer', address: 1, size: 2 } as const;
const vector = { kind: 'vector', address: 1, count: 2 } as const;
const messages = { kind: 'items', address: 1, size: 2, itemSize: MMSGHDR_SIZE } as const;
const events = { kind: 'items', address: 3, size: 2, itemSize: IO_EVENT_SIZE, least: 1 } as const;
const message = { kind: 'message', address: 1 } as const;
const vectorFlags = { argument: 5, refused: RWF_NOWAIT, wanted: 0 };
const refusedOut = MSG_DONTWAIT;
const refusedIn = MSG_DONTWAIT | MSG_PEEK;

/** By call number. */
export const TRANSFER_CALLS: ReadonlyMap<number, TransferCall> = new Map<number, TransferCall>([
  [0, { files: inward, bytes: buffer }],
  [1, { files: outward, bytes: buffer }],
  [17, { files: device, bytes: buffer }],
  [19, { files: inward, bytes: vector }],
  [20, { files: outward, bytes: vector }],
  [295, { files: device, bytes: vector }],
  [327, { files: inward, bytes: vector, flags: vectorFlags }],
  [328, { files: outward, bytes: vector, flags: vectorFlags }],
  [44, { files: socket, bytes: buffer, flags: { argument: 3, refused: refusedOut, wanted: 0 } }],
  [46, { files: socket, bytes: message, flags: { argument: 2, refused: refusedOut, wanted: 0 } }],
  [
    45,
    {
      files: socket,
      bytes: buffer,
      flags: { argument: 3, refused: refusedIn, wanted: MSG_WAITALL },
    },
  ],
  [
    47,
    {
      files: socket,
      bytes: message,
      flags: { argument: 2, refused: refusedIn, wanted: MSG_WAITALL },
    },
  ],
  [
    318,
    {
      files: [],
      bytes: { kind: 'buffer', address: 0, size: 1 },
      flags: { argument: 2, refused: GRND_NONBLOCK, wanted: 0 },
    },
  ],
  [
    40,
    {
      files: [
        // To a pipe it answers with what fits.
        [0, ['socket', 'regular']],
        [1, ['regular']],
      ],
      bytes: { kind: 'count', size: 3 },
    },
  ],
  [
    275,
    {
      files: [
        [0, ['stream']],
        [2, ['socket']],
      ],
      bytes: { kind: 'count', size: 4 },
      // What was in the pipe is sent: for more it does not wait.
      flags: { argument: 5, refused: 0, wanted: 0, added: SPLICE_F_NONBLOCK },
    },
  ],
  [
    326,
    {
      files: [
        [0, ['regular']],
        [2, ['regular']],
      ],
      bytes: { kind: 'count', size: 4 },
    },
  ],
  [208, { files: [], bytes: events }],
  [333, { files: [], bytes: events }],
  [
    299,
    {
      files: socket,
      bytes: messages,
      flags: { argument: 3, refused: MSG_DONTWAIT | MSG_WAITFORONE | MSG_PEEK, wanted: 0 },
      span: 4,
    },
  ],
  [
    307,
    {
      files: socket,
      bytes: messages,
      flags: { argument: 3, refused: MSG_DONTWAIT, wanted: 0 },
    },
  ],
  [
    426,
    {
      files: [[0, ['other']]],
      bytes: { kind: 'ring', size: 1 },
      flags: { argument: 3, refused: 0, wanted: IORING_ENTER_GETEVENTS },
    },
  ],
  [
    285,
    {
      files: [[0, ['regular']]],
      bytes: { kind: 'range', offset: 2, size: 3 },
      flags: { argument: 1, refused: FALLOC_SHIFTS, wanted: 0 },
    },
  ],
]);

/** How many bytes of memory one of what such a call counts takes. */
export function unitSize({ bytes }: TransferCall): number {
  return bytes.kind === 'items' ? bytes.itemSize : 1;
}

/** The call reads from its first descriptor, which may be of this `kind`. */
export function isReadOf({ files }: TransferCall, kind: FileKind): boolean {
  return files === inward && inward.some(([, kinds]) => kinds.includes(kind));
}

/** How many have to be there before the call in `registers` answers by itself. */
export function leastOf({ bytes }: TransferCall, registers: Registers): number | undefined {
  if (bytes.kind === 'items' && bytes.least !== undefined) {
    return registers.getArgument(bytes.least);
  }
  return 'size' in bytes ? registers.getArgument(bytes.size) : undefined;
}

/** Set the registers to a call for `size` bytes at `address`, a part of the rest of theirs. */
export function setRest(
  registers: Registers,
  call: TransferCall,
  isSocket: boolean,
  address: number,
  size: number,
): void {
  const { bytes, flags } = call;
  const number = registers.getCall();
  if (bytes.kind === 'count') {
    registers.set(registers.argumentRegister(bytes.size), size);
    if (flags?.added !== undefined) {
      const given = registers.getIntArgument(flags.argument);
      registers.set(registers.argumentRegister(flags.argument), given | flags.added);
    }
    registers.rewindSyscall();
  } else if (bytes.kind === 'range') {
    registers.set(registers.argumentRegister(bytes.offset), address);
    registers.set(registers.argumentRegister(bytes.size), size);
    registers.rewindSyscall();
  } else if (bytes.kind === 'items') {
    if (bytes.least !== undefined) {
      const left = registers.getArgument(bytes.least) - registers.getInt('rax');
      registers.set(registers.argumentRegister(bytes.least), left);
    }
    registers.set(registers.argumentRegister(bytes.address), address);
    registers.set(registers.argumentRegister(bytes.size), size);
    registers.rewindSyscall();
  } else if (bytes.kind === 'ring') {
    registers.set(registers.argumentRegister(bytes.size), 0);
    registers.rewindSyscall();
  } else if (call.files.length === 0) {
    registers.set('rdi', address);
    registers.set('rsi', size);
    registers.rewindSyscall();
  } else {
    const isInward = [0, 17, 19, 45, 47, 295, 327].includes(number);
    const isFlagged = isSocket && flags !== undefined && MESSAGE_CALLS.has(number);
    const given = isFlagged ? registers.getIntArgument(flags.argument) & ~MSG_FASTOPEN : 0;
    registers.set('rsi', address);
    registers.set('rdx', size);
    if (isSocket) {
      // A part was sent: that the other end is gone now is the next call's to say.
      registers.set('r10', isInward ? given : given | MSG_NOSIGNAL);
      registers.set('r8', 0);
      registers.set('r9', 0);
      registers.rewindSyscall(isInward ? SYS_recvfrom : SYS_sendto);
    } else registers.rewindSyscall(isInward ? SYS_read : SYS_write);
  }
}
