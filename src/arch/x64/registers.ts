/**
 * The general registers of an x86-64 thread: struct user_regs_struct, read and written in place.
 *
 * Source: arch/x86/include/asm/user_64.h.
 */
import { COMPAT_CALLS } from './compat-calls.ts';

export const REGISTERS_SIZE = 27 * 8;

/** Byte offsets in struct user_regs_struct. */
export const REGISTER = {
  r15: 0,
  r14: 8,
  r13: 16,
  r12: 24,
  rbp: 32,
  rbx: 40,
  r11: 48,
  r10: 56,
  r9: 64,
  r8: 72,
  rax: 80,
  rcx: 88,
  rdx: 96,
  rsi: 104,
  rdi: 112,
  orig_rax: 120,
  rip: 128,
  cs: 136,
  eflags: 144,
  rsp: 152,
  ss: 160,
  fs_base: 168,
  gs_base: 176,
} as const;

export type RegisterName = keyof typeof REGISTER;

/** The registers that carry the six arguments of a system call. */
export const ARGUMENT_REGISTERS = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'] as const;

/** The same for `int 0x80`, and for 32-bit programs. */
const COMPAT_ARGUMENT_REGISTERS = ['rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp'] as const;

/** The code segment of 32-bit programs. */
const USER32_CS = 0x23;

/** The bytes of the `syscall` instruction. */
export const SYSCALL_INSTRUCTION = Buffer.from([0x0f, 0x05]);

/** Byte offsets in struct rt_sigframe, which the kernel puts on the stack for a handler. */
export const SIGNAL_FRAME = {
  /** The alternate stack that the thread had when it fell: uc_stack. */
  stackStart: 8 + 16,
  stackSize: 8 + 16 + 16,
  sp: 8 + 40 + 15 * 8,
  ip: 8 + 40 + 16 * 8,
} as const;

export const ERESTARTSYS = -512;
export const ERESTARTNOINTR = -513;
export const ERESTARTNOHAND = -514;
export const ERESTART_RESTARTBLOCK = -516;
export const EINTR = -4;
const SYS_restart_syscall = 219;
/** Its number in 32-bit programs: read(2)'s in others, which no kernel goes on with. */
const COMPAT_restart_syscall = 0;
const SYS_io_pgetevents = 333;

/** Where registers live: 32-bit words of memory that the kernel fills. */
export interface RegisterWords {
  readonly words: Uint32Array;
}

/** A view of one register block that starts `offset` bytes into `words`. */
export class Registers {
  readonly words: Uint32Array;
  private readonly base: number;

  constructor(words: Uint32Array, offset = 0) {
    this.words = words;
    this.base = offset >> 2;
  }

  /** The register as an unsigned number; exact for every user address. */
  get(name: RegisterName): number {
    const at = this.base + (REGISTER[name] >> 2);
    return (this.words[at] ?? 0) + (this.words[at + 1] ?? 0) * 4294967296;
  }

  /** All 64 bits, where any value may be: not for what is done often. */
  getBig(name: RegisterName): bigint {
    const at = this.base + (REGISTER[name] >> 2);
    return (BigInt(this.words[at + 1] ?? 0) << 32n) | BigInt(this.words[at] ?? 0);
  }

  /** The low 32 bits as a signed number: error numbers, C ints. */
  getInt(name: RegisterName): number {
    return (this.words[this.base + (REGISTER[name] >> 2)] ?? 0) | 0;
  }

  /** Set to an integer; negative ones are sign-extended. */
  set(name: RegisterName, value: number): void {
    const at = this.base + (REGISTER[name] >> 2);
    this.words[at] = value >>> 0;
    this.words[at + 1] = Math.floor(value / 4294967296) >>> 0;
  }

  /** Set the low 32 bits alone: C ints and flags, whose upper half is nobody's. */
  setInt(name: RegisterName, value: number): void {
    this.words[this.base + (REGISTER[name] >> 2)] = value >>> 0;
  }

  copyFrom(other: Registers): void {
    const size = REGISTERS_SIZE >> 2;
    for (let index = 0; index < size; index += 1) {
      this.words[this.base + index] = other.words[other.base + index] ?? 0;
    }
  }

  isLike(other: Registers): boolean {
    const size = REGISTERS_SIZE >> 2;
    for (let index = 0; index < size; index += 1) {
      if (this.words[this.base + index] !== other.words[other.base + index]) return false;
    }
    return true;
  }

  /** True between a system call's entry and its exit, or at its exit. */
  isInSyscall(): boolean {
    return this.getInt('orig_rax') >= 0;
  }

  /** The system call was broken off and is to be made again. */
  isInterruptedSyscall(): boolean {
    if (!this.isInSyscall()) return false;
    const result = this.getInt('rax');
    return (
      result === ERESTARTSYS ||
      result === ERESTARTNOINTR ||
      result === ERESTARTNOHAND ||
      result === ERESTART_RESTARTBLOCK ||
      (result === EINTR && SYSCALLS_WITHOUT_RESTART.has(this.getCall()))
    );
  }

  get isOf32Bits(): boolean {
    return this.getInt('cs') === USER32_CS;
  }

  /** The call was made by `int 0x80` or by a 32-bit program: another table of numbers. */
  isCompatCall(): boolean {
    // The `syscall` instruction leaves its return address in rcx.
    return this.isOf32Bits || this.get('rcx') !== this.get('rip');
  }

  /** The system call's number in the 64-bit table; -1: none, or one that has no equal there. */
  getCall(): number {
    const nr = this.getInt('orig_rax');
    return nr >= 0 && this.isCompatCall() ? (COMPAT_CALLS.get(nr)?.nr ?? -1) : nr;
  }

  /** The register with the call's argument `index`, from 0. */
  argumentRegister(index: number): RegisterName {
    const names = this.isCompatCall() ? COMPAT_ARGUMENT_REGISTERS : ARGUMENT_REGISTERS;
    return names[index] ?? 'rax';
  }

  /** The call's argument `index`, from 0: an unsigned number. */
  getArgument(index: number): number {
    const name = this.argumentRegister(index);
    return this.isCompatCall() ? this.getInt(name) >>> 0 : this.get(name);
  }

  /** The same as a signed number of 32 bits: a C int, such as a descriptor. */
  getIntArgument(index: number): number {
    return this.getInt(this.argumentRegister(index));
  }

  /** What becomes of a call that is broken off: what the kernel does at its results, ERESTART…. */
  getRestart(): number {
    const result = this.getInt('rax');
    return result === EINTR ? ERESTARTNOHAND : result;
  }

  /** What is in rax where the kernel has the thread make the call anew, or go on with it. */
  getRestartNumber(): number {
    if (this.getInt('rax') !== ERESTART_RESTARTBLOCK) return this.getInt('orig_rax');
    return this.isCompatCall() ? COMPAT_restart_syscall : SYS_restart_syscall;
  }

  /**
   * Of a call that is broken off, leave its number (`nr`) and arguments alone: no more is known of
   * it where it is to go on.
   */
  forgetRemainder(nr = this.getInt('orig_rax')): void {
    const result = this.getInt('rax');
    if (result === ERESTART_RESTARTBLOCK || result === EINTR) this.setRestartUnlessHandled(nr);
  }

  /** The thread stands where it makes the call `nr`: it has made it, and was broken off in it. */
  breakOff(nr: number, restart: number): void {
    this.set('rip', this.get('rip') + SYSCALL_INSTRUCTION.length);
    this.set('orig_rax', nr);
    this.set('rax', restart);
  }

  /** The system call has answered EINTR for no other reason than that the thread was stopped. */
  isStoppedWithoutRestart(): boolean {
    if (!this.isInSyscall()) return false;
    const result = this.getInt('rax');
    if (result === ERESTARTNOHAND) return this.getCall() === SYS_io_pgetevents;
    return result === EINTR && SYSCALLS_WITHOUT_RESTART.has(this.getCall());
  }

  /** The call would have answered EINTR, if we had not had it made again. */
  isMadeAgainByUs(): boolean {
    if (!this.isInSyscall() || this.getInt('rax') !== ERESTARTNOHAND) return false;
    const call = this.getCall();
    return SYSCALLS_WITHOUT_RESTART.has(call) && !RESTARTED_BY_KERNEL.has(call);
  }

  /** Leave the call with EINTR, whatever comes. */
  finishInterrupted(): void {
    this.finishSyscall(EINTR);
  }

  /**
   * Let the kernel decide: EINTR when a handler runs, the same call again when none does. `call`:
   * its number, where the kernel has gone on with it under another one.
   */
  setRestartUnlessHandled(call = this.getInt('orig_rax')): void {
    this.set('orig_rax', call);
    this.set('rax', ERESTARTNOHAND);
  }

  /**
   * The call that is broken off is one the kernel goes on with by itself, from what it remembers of
   * it, under another number: `restart_syscall`. Its own number; undefined: it is not such a call.
   */
  getResumableCall(): number | undefined {
    if (!this.isInSyscall() || this.getInt('rax') !== ERESTART_RESTARTBLOCK) return undefined;
    return this.getInt('orig_rax');
  }

  /** The kernel is going on with a call under the number of restart_syscall. */
  isRestartSyscall(): boolean {
    const nr = this.getInt('orig_rax');
    if (nr === SYS_restart_syscall) return true;
    return nr === COMPAT_restart_syscall && this.getInt('rax') === ERESTART_RESTARTBLOCK;
  }

  /** Make the thread issue its system call anew when it next runs; `nr`: under this number. */
  rewindSyscall(nr = this.getInt('orig_rax')): void {
    this.set('rax', nr);
    this.set('rip', this.get('rip') - SYSCALL_INSTRUCTION.length);
    this.set('orig_rax', -1);
  }

  /** Leave the system call with `result`: nothing more of it is executed. */
  finishSyscall(result: number): void {
    this.set('rax', result);
    this.set('orig_rax', -1);
  }
}

/**
 * System calls that answer EINTR after a stop although no handler ran (signal(7), "Interruption of
 * system calls by stop signals"), or that do so where the socket has a timeout, or where the limit
 * lies in memory that the kernel cannot write to (select, pselect6, ppoll). Each of them has
 * consumed nothing when it answers EINTR, so that making it again is safe; close(2) is not one.
 */
const SYSCALLS_WITHOUT_RESTART: ReadonlySet<number> = new Set([
  0, 1, 19, 20, 23, 40, 42, 43, 44, 45, 46, 47, 65, 69, 70, 128, 208, 220, 232, 270, 271, 275, 281,
  285, 288, 299, 307, 327, 328, 333, 426, 441,
]);

/** Those of them that the kernel itself makes again when no handler runs (ERESTARTNOHAND). */
const RESTARTED_BY_KERNEL: ReadonlySet<number> = new Set([23, 69, 70, 270, 271, 333]);
