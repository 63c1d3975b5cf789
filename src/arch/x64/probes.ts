/**
 * Tries, for real, each thing that belay asks of the kernel.
 *
 * Belongs in a process that is thrown away: a sealed page and a seccomp filter stay behind.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { errnoName, SyscallError } from '../../errors.ts';
import { clone3TakenTid } from '../../sys/clone3.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { mmapAnonymous, munmapOwn } from '../../sys/mmap.ts';
import { mseal } from '../../sys/mseal.ts';
import { PagemapScanner, SCAN_WRITTEN_AND_PROTECT } from '../../sys/pagemap-scan.ts';
import { pidfdGetfd, pidfdOpen } from '../../sys/pidfd.ts';
import { IovecTable, processVmReadv, processVmWritev } from '../../sys/process-vm.ts';
import { kill, posixSpawn } from '../../sys/process.ts';
import {
  NT_X86_XSTATE,
  PTRACE_O_SUSPEND_SECCOMP,
  ptraceGetregset,
  ptraceGetRseqConfiguration,
  ptraceInterrupt,
  ptraceSeize,
  ptraceSetoptions,
} from '../../sys/ptrace.ts';
import { prctlSetNoNewPrivs, seccompSetModeFilter } from '../../sys/seccomp.ts';
import { userfaultfdUserModeOnly } from '../../sys/userfaultfd-open.ts';
import { uffdioApi, uffdioRegister } from '../../sys/userfaultfd.ts';
import { waitpidThread } from '../../sys/wait.ts';
import { encodeFilter } from './seccomp-filter.ts';
import { PAGE_SIZE } from './syscalls.ts';

const SIGKILL = 9;
const EBADF = 9;
const EEXIST = 17;
const EPERM = 1;
/** Chosen: room for AMX tiles, the largest extended state there is (11,008 bytes). */
const XSTATE_MAX_BYTES = 16 * 1024;
const SCANNED_PAGES = 4;

export interface ProbeResult {
  readonly ok: boolean;
  readonly detail: string;
}

export interface Probe {
  readonly name: string;
  readonly run: () => ProbeResult;
}

/** In the order in which they can be run: what cannot be undone comes last. */
export const PROBES: readonly Probe[] = [
  { name: 'ptrace', run: () => withTracee(() => ({ ok: true, detail: 'seized and stopped one' })) },
  { name: 'xstate', run: () => withTracee(probeXstate) },
  { name: 'rseq', run: () => withTracee(probeRseq) },
  { name: 'suspend-seccomp', run: () => withTracee(probeSuspendSeccomp) },
  { name: 'process-vm', run: () => withTracee(probeProcessVm) },
  { name: 'pidfd-getfd', run: () => withTracee(probePidfdGetfd) },
  { name: 'userfaultfd', run: probeUserfaultfd },
  { name: 'written-pages', run: probeWrittenPages },
  { name: 'set-tid', run: probeSetTid },
  { name: 'mseal', run: probeMseal },
  { name: 'seccomp', run: probeSeccomp },
];

/** Runs one probe; an error of the kernel's is an answer, too. */
export function runProbe(probe: Probe): ProbeResult {
  try {
    return probe.run();
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return { ok: false, detail: error.message };
  }
}

/** Gives `use` a stopped process that libuv knows nothing of, and ends it after. */
function withTracee(use: (pid: number) => ProbeResult): ProbeResult {
  const pid = posixSpawn('/bin/sleep', ['sleep', '60']);
  try {
    const errno = ptraceSeize(pid, 0) || ptraceInterrupt(pid);
    if (errno !== 0) return refused('ptrace', errno);
    waitpidThread(pid);
    return use(pid);
  } finally {
    kill(pid, SIGKILL);
    waitpidThread(pid);
  }
}

function probeXstate(pid: number): ProbeResult {
  const state = new NativeBuffer(XSTATE_MAX_BYTES);
  const size = ptraceGetregset(pid, NT_X86_XSTATE, state.address, XSTATE_MAX_BYTES);
  if (size < 0) return refused('PTRACE_GETREGSET', -size);
  const flags = new Set(readFileSync('/proc/cpuinfo', 'utf8').split(/\s+/));
  const features = ['avx', 'avx2', 'avx512f', 'amx_tile', 'pku', 'fsgsbase'];
  const present = features.filter((feature) => flags.has(feature)).join(' ');
  return { ok: true, detail: `${size} bytes a thread; ${present}` };
}

function probeRseq(pid: number): ProbeResult {
  const ok = ptraceGetRseqConfiguration(pid) !== undefined;
  return { ok, detail: ok ? 'can be read' : 'cannot be read' };
}

function probeSuspendSeccomp(pid: number): ProbeResult {
  const errno = ptraceSetoptions(pid, PTRACE_O_SUSPEND_SECCOMP);
  return errno === 0 ? { ok: true, detail: 'allowed' } : refused('PTRACE_SETOPTIONS', errno);
}

/** Reads our own page and, in the tracee, only asks: what is mapped there is not known yet. */
function probeProcessVm(pid: number): ProbeResult {
  const from = new NativeBuffer(8);
  const to = new NativeBuffer(8);
  from.setUint64(0, pid);
  const local = new IovecTable();
  const remote = new IovecTable();
  local.push(to.address, 8);
  remote.push(from.address, 8);
  const size = processVmReadv(process.pid, local, remote);
  if (size < 0) return refused('process_vm_readv', -size);
  const there = new IovecTable();
  there.push(PAGE_SIZE, 8);
  for (const transfer of [processVmReadv, processVmWritev]) {
    const answer = -transfer(pid, local, there);
    if (answer === EPERM) return refused('process_vm_readv', answer);
  }
  const ok = to.getUint64(0) === pid;
  return { ok, detail: ok ? 'allowed' : 'the bytes read are not those written' };
}

/** Permission is checked before the descriptor, so EBADF is a yes. */
function probePidfdGetfd(pid: number): ProbeResult {
  const pidfd = pidfdOpen(pid);
  const copy = pidfdGetfd(pidfd, 2);
  closeSync(pidfd);
  if (copy >= 0) closeSync(copy);
  else if (copy !== -EBADF) return refused('pidfd_getfd', -copy);
  return { ok: true, detail: 'allowed' };
}

function probeUserfaultfd(): ProbeResult {
  const fd = userfaultfdUserModeOnly();
  if (fd < 0) return refused('userfaultfd', -fd);
  try {
    uffdioApi(fd);
    return { ok: true, detail: 'with asynchronous write-protection, for ordinary users' };
  } finally {
    closeSync(fd);
  }
}

/** Writes one page of four and expects PAGEMAP_SCAN to name that one, once. */
function probeWrittenPages(): ProbeResult {
  const fd = userfaultfdUserModeOnly();
  if (fd < 0) return refused('userfaultfd', -fd);
  const pagemap = openSync('/proc/self/pagemap', 'r');
  const start = mmapAnonymous(SCANNED_PAGES * PAGE_SIZE, true);
  try {
    uffdioApi(fd);
    const end = start + SCANNED_PAGES * PAGE_SIZE;
    const errno = uffdioRegister(fd, start, end);
    if (errno !== 0) return refused('UFFDIO_REGISTER', errno);
    const scanner = new PagemapScanner();
    scanner.scan(pagemap, SCAN_WRITTEN_AND_PROTECT, start, end);
    writeByte(start + PAGE_SIZE);
    scanner.scan(pagemap, SCAN_WRITTEN_AND_PROTECT, start, end);
    const isFound = scanner.count === 1 && scanner.start(0) === start + PAGE_SIZE;
    scanner.scan(pagemap, SCAN_WRITTEN_AND_PROTECT, start, end);
    const ok = isFound && scanner.count === 0;
    return { ok, detail: ok ? 'one page written, that page found' : 'the wrong pages are found' };
  } finally {
    munmapOwn(start, SCANNED_PAGES * PAGE_SIZE);
    closeSync(pagemap);
    closeSync(fd);
  }
}

/** A write by the kernel on our behalf: it counts as ours. */
function writeByte(address: number): void {
  const source = new NativeBuffer(8);
  source.setUint64(0, 1);
  const local = new IovecTable();
  const remote = new IovecTable();
  local.push(source.address, 1);
  remote.push(address, 1);
  processVmWritev(process.pid, local, remote);
}

function probeSetTid(): ProbeResult {
  const errno = clone3TakenTid(process.pid);
  return errno === EEXIST ? { ok: true, detail: 'allowed' } : refused('clone3', errno);
}

function probeMseal(): ProbeResult {
  const address = mmapAnonymous(PAGE_SIZE, false);
  const errno = mseal(address, PAGE_SIZE);
  return errno === 0 ? { ok: true, detail: 'a page was sealed' } : refused('mseal', errno);
}

function probeSeccomp(): ProbeResult {
  const program = new NativeBuffer(encodeFilter(0).length);
  encodeFilter(program.address).copy(program.bytes);
  const errno = prctlSetNoNewPrivs() || seccompSetModeFilter(program.address);
  return errno === 0 ? { ok: true, detail: 'a filter was set' } : refused('seccomp', errno);
}

function refused(call: string, errno: number): ProbeResult {
  return { ok: false, detail: `${call}: ${errnoName(errno)}` };
}
