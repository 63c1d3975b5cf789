/**
 * x86-64 system call numbers: those that belay provides, and those that tracees make for it.
 *
 * Source: arch/x86/entry/syscalls/syscall_64.tbl.
 */

/** belay's own calls, far above the kernel's table: ENOSYS where nobody provides them. */
export const BELAY_CALL = {
  tsetjmp: 0xbe01,
  tlongjmp: 0xbe02,
  tforget: 0xbe03,
  tkeep: 0xbe04,
} as const;

export const BELAY_CALL_FIRST = 0xbe01;
export const BELAY_CALL_LAST = 0xbe04;

export const SYS = {
  close: 3,
  poll: 7,
  lseek: 8,
  mmap: 9,
  mprotect: 10,
  munmap: 11,
  brk: 12,
  rt_sigaction: 13,
  rt_sigreturn: 15,
  ioctl: 16,
  mremap: 25,
  mincore: 27,
  madvise: 28,
  shmat: 30,
  shmctl: 31,
  getitimer: 36,
  alarm: 37,
  setitimer: 38,
  socket: 41,
  sendmsg: 46,
  recvmsg: 47,
  shutdown: 48,
  socketpair: 53,
  clone: 56,
  execve: 59,
  exit: 60,
  wait4: 61,
  semctl: 66,
  msgsnd: 69,
  msgrcv: 70,
  msgctl: 71,
  fcntl: 72,
  flock: 73,
  chdir: 80,
  umask: 95,
  setpgid: 109,
  ptrace: 101,
  setgroups: 116,
  setresuid: 117,
  setresgid: 119,
  setfsuid: 122,
  setfsgid: 123,
  capset: 126,
  rt_sigtimedwait: 128,
  rt_sigqueueinfo: 129,
  sigaltstack: 131,
  personality: 135,
  mlock: 149,
  munlock: 150,
  prctl: 157,
  set_tid_address: 218,
  timer_create: 222,
  timer_settime: 223,
  timer_gettime: 224,
  timer_getoverrun: 225,
  timer_delete: 226,
  exit_group: 231,
  epoll_ctl: 233,
  mbind: 237,
  set_mempolicy: 238,
  get_mempolicy: 239,
  openat: 257,
  set_robust_list: 273,
  signalfd4: 289,
  dup3: 292,
  rt_tgsigqueueinfo: 297,
  prlimit64: 302,
  seccomp: 317,
  userfaultfd: 323,
  mlock2: 325,
  pkey_mprotect: 329,
  rseq: 334,
  pidfd_open: 434,
  clone3: 435,
  close_range: 436,
  pidfd_getfd: 438,
  mseal: 462,
} as const;

/** One past the last address of a user process with four levels of page tables. */
export const TASK_SIZE = 0x7ffffffff000;

export const PAGE_SIZE = 4096;
