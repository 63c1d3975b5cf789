/**
 * What was read of a thread in the stop that it is in: it does not change until the thread leaves,
 * and each question to the kernel costs the program time.
 */
import { Registers, REGISTERS_SIZE } from '../arch/x64/registers.ts';
import { NativeBuffer } from '../sys/libc.ts';
import {
  NT_PRSTATUS,
  ptraceGetregset,
  ptraceGetRseqConfiguration,
  ptraceGetsiginfo,
  ptraceSetregset,
  SIGINFO_SIZE,
  type RseqConfiguration,
} from '../sys/ptrace.ts';

class Place {
  readonly registerBytes = new NativeBuffer(REGISTERS_SIZE);
  readonly registers = new Registers(this.registerBytes.words);
  readonly siginfo = new NativeBuffer(SIGINFO_SIZE);
  /** The registers as the kernel has them, whatever has been made of those above. */
  readonly known = new Registers(new NativeBuffer(REGISTERS_SIZE).words);
}

export class StopReadings {
  private readonly tid: number;
  /** Made when first needed: most children that are forked for one task are never looked at. */
  private place: Place | undefined = undefined;
  private areRegistersKnown = false;
  private isSiginfoKnown = false;
  private rseqArea: RseqConfiguration | undefined = undefined;
  /** It is in no restartable sequence: what its area points to has been looked at. */
  isOutsideSections = false;

  constructor(tid: number) {
    this.tid = tid;
  }

  get registers(): Registers {
    return this.own.registers;
  }

  /** The siginfo_t of a signal stop. */
  get siginfo(): NativeBuffer {
    return this.own.siginfo;
  }

  /** The thread leaves its stop, or has come to another one. */
  forget(): void {
    this.areRegistersKnown = false;
    this.isSiginfoKnown = false;
    this.rseqArea = undefined;
    this.isOutsideSections = false;
  }

  /** Have `registers` be those of the kernel; false when the thread is gone. */
  fetchRegisters(): boolean {
    if (this.areRegistersKnown) {
      this.registers.copyFrom(this.own.known);
      return true;
    }
    const { address } = this.own.registerBytes;
    const size = ptraceGetregset(this.tid, NT_PRSTATUS, address, REGISTERS_SIZE);
    return this.note(size === REGISTERS_SIZE);
  }

  /** Have the kernel's be `registers`, if they are not; false when the thread is gone. */
  storeRegisters(): boolean {
    if (this.areRegistersKnown && this.registers.isLike(this.own.known)) return true;
    const { address } = this.own.registerBytes;
    return this.note(ptraceSetregset(this.tid, NT_PRSTATUS, address, REGISTERS_SIZE) === 0);
  }

  /** False when the thread is stopped for no signal, or gone. */
  fetchSiginfo(): boolean {
    if (!this.isSiginfoKnown) {
      this.isSiginfoKnown = ptraceGetsiginfo(this.tid, this.siginfo.address) === 0;
    }
    return this.isSiginfoKnown;
  }

  /** Where its restartable sequences are registered; undefined: the kernel does not tell. */
  readRseqArea(): RseqConfiguration | undefined {
    return (this.rseqArea ??= ptraceGetRseqConfiguration(this.tid));
  }

  private get own(): Place {
    return (this.place ??= new Place());
  }

  private note(areRead: boolean): boolean {
    if (areRead) this.own.known.copyFrom(this.registers);
    this.areRegistersKnown = areRead;
    return areRead;
  }
}
