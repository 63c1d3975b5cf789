/** The filter's program, run by an interpreter of classic BPF. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFilter } from '../../src/arch/x64/seccomp-filter.ts';
import { BELAY_CALL, SYS } from '../../src/arch/x64/syscalls.ts';

const ADDRESS = 0x7fff12345000;
const RET_ALLOW = 0x7fff0000;
const RET_TRACE = 0x7ff0be1a;
const X86_64 = 0xc000003e;
const I386 = 0x40000003;
/** The bit of calls of the x32 interface. */
const X32 = 0x40000000;

interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly operand: number;
}

/** Reads struct sock_fprog { unsigned short len; struct sock_filter *filter; } and its program. */
function decode(bytes: Buffer): Instruction[] {
  assert.equal(Number(bytes.readBigUInt64LE(8)), ADDRESS + 16, 'the program follows');
  const count = bytes.readUInt16LE(0);
  assert.equal(bytes.length, 16 + count * 8);
  return Array.from({ length: count }, (_, index) => ({
    code: bytes.readUInt16LE(16 + index * 8),
    jumpTrue: bytes.readUInt8(18 + index * 8),
    jumpFalse: bytes.readUInt8(19 + index * 8),
    operand: bytes.readUInt32LE(20 + index * 8),
  }));
}

const COMPARISONS = new Map<number, (left: number, right: number) => boolean>([
  [0x15, (left, right) => left === right],
  [0x25, (left, right) => left > right],
  [0x35, (left, right) => left >= right],
  [0x45, (left, right) => (left & right) !== 0],
]);

/** What the filter answers for a call: its number, its interface, second, first, third argument. */
function run(
  program: readonly Instruction[],
  [nr, arch, second = 0, first = second, third = second]: readonly [
    nr: number,
    arch: number,
    second?: number,
    first?: number,
    third?: number,
  ],
): number {
  // struct seccomp_data, as words.
  const data = [nr, arch, 0, 0, first, 0, second, 0, third, 0];
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const instruction = program[at];
    assert.ok(instruction !== undefined, 'runs off its end');
    const { code, jumpTrue, jumpFalse, operand } = instruction;
    if (code === 0x06) return operand;
    if (code === 0x20) accumulator = data[operand / 4] ?? assert.fail('reads elsewhere');
    else {
      const compare = COMPARISONS.get(code);
      assert.ok(compare !== undefined, `code ${code}`);
      at += compare(accumulator, operand) ? jumpTrue : jumpFalse;
    }
  }
}

const program = decode(encodeFilter(ADDRESS));

test('belay’s calls go to the tracer', () => {
  for (const number of Object.values(BELAY_CALL)) {
    assert.equal(run(program, [number, X86_64]), RET_TRACE);
  }
});

test('all other calls are allowed', () => {
  const own = Object.values(BELAY_CALL);
  const others = [Math.min(...own) - 1, Math.max(...own) + 1, 0, 0xffffffff, ...Object.values(SYS)];
  const PTRACE_GETREGS = 12;
  for (const number of others) {
    assert.equal(run(program, [number, X86_64, 0, PTRACE_GETREGS]), RET_ALLOW, `${number}`);
  }
});

test('of ioctl, the one request goes to the tracer for which belay gives way', () => {
  const register = 0xc020aa00;
  assert.equal(run(program, [SYS.ioctl, X86_64, register]), RET_TRACE);
  assert.equal(run(program, [SYS.ioctl, X86_64, register + 1]), RET_ALLOW);
  assert.equal(run(program, [SYS.mmap, X86_64, register]), RET_ALLOW);
  assert.equal(run(program, [SYS.ioctl, I386, register]), RET_ALLOW);
});

test('of ptrace, the requests go to the tracer that would make a tracee', () => {
  const [TRACEME, ATTACH, SEIZE, DETACH] = [0, 16, 0x4206, 17];
  for (const request of [TRACEME, ATTACH, SEIZE]) {
    assert.equal(run(program, [SYS.ptrace, X86_64, 0, request]), RET_TRACE, `${request}`);
    assert.equal(run(program, [SYS.ptrace, I386, 0, request]), RET_ALLOW);
    assert.equal(run(program, [SYS.close, X86_64, 0, request]), RET_ALLOW);
  }
  assert.equal(run(program, [SYS.ptrace, X86_64, TRACEME, DETACH]), RET_ALLOW);
});

test('of clone, what would be untraced goes to the tracer', () => {
  const [CLONE_VM, CLONE_UNTRACED] = [0x100, 0x800000];
  assert.equal(run(program, [SYS.clone, X86_64, 0, CLONE_VM | CLONE_UNTRACED]), RET_TRACE);
  assert.equal(run(program, [SYS.clone, X86_64, CLONE_UNTRACED, CLONE_VM]), RET_ALLOW);
  assert.equal(run(program, [SYS.close, X86_64, 0, CLONE_UNTRACED]), RET_ALLOW);
});

test('of madvise, the one advice goes to the tracer for which belay makes way', () => {
  const [INSTALL, REMOVE] = [102, 103];
  assert.equal(run(program, [SYS.madvise, X86_64, 4096, 0, INSTALL]), RET_TRACE);
  assert.equal(run(program, [SYS.madvise, X86_64, INSTALL, 0, REMOVE]), RET_ALLOW);
  assert.equal(run(program, [SYS.close, X86_64, 4096, 0, INSTALL]), RET_ALLOW);
  assert.equal(run(program, [SYS.madvise, I386, 4096, 0, INSTALL]), RET_ALLOW);
});

test('calls of other interfaces are none of belay’s', () => {
  for (const number of Object.values(BELAY_CALL)) {
    assert.equal(run(program, [number, I386]), RET_ALLOW);
    assert.equal(run(program, [number + X32, X86_64]), RET_ALLOW);
  }
});

test('where children are left alone only belay’s own calls wait for a tracer', () => {
  const leaving = decode(encodeFilter(ADDRESS, true));
  const [UFFDIO_REGISTER, CLONE_UNTRACED, INSTALL, EINVAL] = [0xc020aa00, 0x800000, 102, 22];
  for (const number of Object.values(BELAY_CALL)) {
    assert.equal(run(leaving, [number, X86_64]), RET_TRACE);
    assert.equal(run(leaving, [number, I386]), RET_ALLOW);
    assert.equal(run(leaving, [number + X32, X86_64]), RET_ALLOW);
  }
  assert.equal(run(leaving, [SYS.ioctl, X86_64, UFFDIO_REGISTER]), RET_ALLOW);
  for (const request of [0, 16, 0x4206]) {
    assert.equal(run(leaving, [SYS.ptrace, X86_64, 0, request]), RET_ALLOW);
  }
  assert.equal(run(leaving, [SYS.clone, X86_64, 0, CLONE_UNTRACED]), RET_ALLOW);
  assert.equal(run(leaving, [SYS.madvise, X86_64, 4096, 0, INSTALL]), 0x50000 | EINVAL);
  assert.equal(run(leaving, [SYS.madvise, X86_64, 4096, 0, INSTALL + 1]), RET_ALLOW);
});
