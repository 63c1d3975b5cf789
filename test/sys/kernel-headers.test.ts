/** Numbers of the kernel's, as the C headers of this machine have them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { REGISTER, REGISTERS_SIZE } from '../../src/arch/x64/registers.ts';
import { SYS } from '../../src/arch/x64/syscalls.ts';
import { STACK_T_SIZE } from '../../src/resources/threads/alternate-stack.ts';
import { CLONE_ARGS_SIZE, CLONE_THREAD_FLAGS } from '../../src/sys/clone3.ts';
import { SIGINFO_SIZE } from '../../src/sys/ptrace.ts';
import { CPU_SET_SIZE } from '../../src/sys/sched.ts';
import { SOCKET_OPTION_NUMBERS } from '../../src/sys/socket-options.ts';
import { listFiles, parse, readText, walk } from '../house/source.ts';
import { evaluateC } from '../support/compile.ts';

/** linux/ptrace.h has as macros what sys/ptrace.h has as an enumeration. */
const MACROS = [
  'asm/prctl.h',
  'asm/unistd.h',
  'elf.h',
  'errno.h',
  'fcntl.h',
  'linux/audit.h',
  'linux/bpf_common.h',
  'linux/fs.h',
  'linux/futex.h',
  'linux/kcmp.h',
  'linux/prctl.h',
  'linux/ptrace.h',
  'linux/seccomp.h',
  'linux/userfaultfd.h',
  'linux/wait.h',
  'sched.h',
  'signal.h',
  'sys/mman.h',
  'sys/socket.h',
  'sys/syscall.h',
];

/** The least that must be compared: a test of nothing would pass, too. */
const COMPARED_MIN = 60;
const COMPARED_SOCKET_OPTIONS_MIN = 40;

interface Constant {
  readonly name: string;
  readonly value: bigint;
  readonly path: string;
}

/** `NAME = number` of every constant in the layers that name things as the kernel does. */
function readConstants(): Constant[] {
  const found: Constant[] = [];
  for (const path of listFiles('src', (each) => /^src\/(sys|arch)\/.+\.ts$/.test(each))) {
    walk(parse(path), (node) => {
      if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return;
      const name = node.name.text;
      const value = parseNumber(node.initializer?.getText() ?? '');
      if (value === undefined || !/^(__)?[A-Z][A-Za-z0-9_]+$/.test(name)) return;
      found.push({ name, value, path });
    });
  }
  return found;
}

/** A literal, or one bit. */
function parseNumber(text: string): bigint | undefined {
  const shift = /^1 << (\d+)$/.exec(text)?.[1];
  if (shift !== undefined) return 1n << BigInt(shift);
  if (/^-\d+$/.test(text)) return BigInt(text);
  return /^(0[xo][0-9a-f_]+|\d[\d_]*)$/.test(text) ? BigInt(text.replaceAll('_', '')) : undefined;
}

test('options of sockets have the numbers of the headers', async () => {
  const headers = ['sys/socket.h', 'netinet/in.h', 'netinet/tcp.h', 'netinet/udp.h'];
  const values = await evaluateC(headers, Object.keys(SOCKET_OPTION_NUMBERS), { mustExist: false });
  for (const [name, value] of values) {
    assert.equal(BigInt(SOCKET_OPTION_NUMBERS[name] ?? -1), value, name);
  }
  assert.ok(values.size >= COMPARED_SOCKET_OPTIONS_MIN, `${values.size}`);
});

test('every constant that the headers know has their value', async () => {
  const constants = readConstants();
  const names = new Set(constants.map(({ name }) => name));
  const values = await evaluateC(MACROS, [...names], { mustExist: false });
  for (const { name, value, path } of constants) {
    const theirs = values.get(name);
    if (theirs === undefined) continue;
    // System calls answer errors as negative numbers, and some files name them so.
    const ours = /^E[A-Z]+$/.test(name) && value < 0n ? -value : value;
    assert.equal(BigInt.asUintN(32, ours), BigInt.asUintN(32, theirs), `${name} in ${path}`);
  }
  assert.ok(values.size >= COMPARED_MIN, `only ${values.size} are known`);
});

test('system calls have their numbers', async () => {
  const names = Object.keys(SYS).map((name) => `SYS_${name}`);
  const values = await evaluateC(MACROS, names, { mustExist: false });
  for (const [name, number] of Object.entries(SYS)) {
    const value = values.get(`SYS_${name}`);
    // The headers of an older kernel lack the youngest call.
    if (value === undefined) assert.equal(name, 'mseal');
    else assert.equal(BigInt(number), value, name);
  }
});

const STRUCTS = [
  'linux/ptrace.h',
  'linux/types.h',
  'linux/userfaultfd.h',
  'sched.h',
  'signal.h',
  'sys/time.h',
  'sys/uio.h',
  'sys/user.h',
  'linux/futex.h',
  'linux/filter.h',
];

async function assertSizes(expected: Readonly<Record<string, number>>): Promise<void> {
  const values = await evaluateC(STRUCTS, Object.keys(expected), { mustExist: true });
  const found = [...values].map(([name, value]) => [name, Number(value)]);
  assert.deepEqual(Object.fromEntries(found), expected);
}

test('structures have their sizes', () =>
  assertSizes({
    'sizeof(struct user_regs_struct)': REGISTERS_SIZE,
    'sizeof(siginfo_t)': SIGINFO_SIZE,
    'sizeof(stack_t)': STACK_T_SIZE,
    'sizeof(cpu_set_t)': CPU_SET_SIZE,
    'sizeof(struct iovec)': 16,
    'sizeof(struct timeval)': 16,
    'sizeof(struct robust_list_head)': 24,
    'sizeof(struct ptrace_rseq_configuration)': 24,
    'sizeof(struct uffdio_api)': 24,
    'sizeof(struct uffdio_register)': 32,
    'sizeof(struct sock_fprog)': 16,
    'sizeof(struct sock_filter)': 8,
  }));

test('fields have their places', () =>
  assertSizes({
    'offsetof(siginfo_t, si_code)': 8,
    'offsetof(siginfo_t, si_addr)': 16,
    'offsetof(struct iovec, iov_len)': 8,
    'offsetof(struct ptrace_rseq_configuration, rseq_abi_size)': 8,
    'offsetof(struct ptrace_rseq_configuration, signature)': 12,
    'offsetof(struct uffdio_api, features)': 8,
    'offsetof(struct uffdio_register, mode)': 16,
    'offsetof(struct uffdio_register, ioctls)': 24,
    'offsetof(struct sock_fprog, filter)': 8,
  }));

test('registers have their places', () =>
  assertSizes(
    Object.fromEntries(
      Object.entries(REGISTER).map(([name, offset]) => {
        return [`offsetof(struct user_regs_struct, ${name})`, offset];
      }),
    ),
  ));

test('clone3 has its arguments and flags', async () => {
  const source = readText('src/resources/threads/remake-threads.ts');
  const writes = source.matchAll(/^ {2}bytes\.writeBigUInt64LE\(.*, (\d+)\);$/gm);
  const places = [...writes].map(([, offset]) => Number(offset));
  const fields = ['flags', 'set_tid', 'set_tid_size'];
  const flags =
    'CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | ' +
    'CLONE_SETTLS';
  const expressions = fields.map((field) => `offsetof(struct clone_args, ${field})`);
  const all = [...expressions, 'sizeof(struct clone_args)', flags];
  const values = await evaluateC(['linux/sched.h', 'linux/types.h'], all, { mustExist: true });
  const found = [...values.values()].map(Number);
  assert.deepEqual(found, [...places, CLONE_ARGS_SIZE, CLONE_THREAD_FLAGS]);
});

test('PAGEMAP_SCAN has its number', async () => {
  // The headers can be older than the call: its argument has twelve fields of 64 bits.
  const expression = "_IOWR('f', 16, uint64_t[12])";
  const values = await evaluateC(['stdint.h', 'linux/fs.h'], [expression], { mustExist: true });
  const { value } = readConstants().find(({ name }) => name === 'PAGEMAP_SCAN') ?? {};
  assert.equal(value, values.get(expression));
});
