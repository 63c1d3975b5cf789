/** What each finding of `belay doctor` means, and how to mend it. */

export interface CatalogEntry {
  readonly name: string;
  readonly title: string;
  /** Without it belay does not work at all. */
  readonly isNeeded: boolean;
  /** What it means when it is missing. */
  readonly meaning: string;
  readonly mend: string;
}

const CONTAINER =
  'in a container allow it: --cap-add=SYS_PTRACE and a seccomp profile that permits the call';
const LINUX_6_7 = 'use Linux 6.7 or later';
const NOTHING_WORKS = 'belay cannot work here';

export const CATALOG: readonly CatalogEntry[] = [
  {
    name: 'processor',
    title: 'x86-64 processor',
    isNeeded: true,
    meaning: NOTHING_WORKS,
    mend: 'use an x86-64 machine: others are not supported yet',
  },
  {
    name: 'ptrace',
    title: 'trace a program of one’s own',
    isNeeded: true,
    meaning: NOTHING_WORKS,
    mend: CONTAINER,
  },
  {
    name: 'yama',
    title: 'trace programs that are no children',
    isNeeded: false,
    meaning: 'ordinary users may trace their descendants only, so belay is refused; root is not',
    mend: 'as root: sysctl kernel.yama.ptrace_scope=0',
  },
  {
    name: 'seccomp',
    title: 'seccomp filter for the calls',
    isNeeded: true,
    meaning: 'tsetjmp cannot be answered: belay cannot work here',
    mend: 'use a kernel with CONFIG_SECCOMP_FILTER; in a container allow seccomp(2)',
  },
  {
    name: 'own-filter',
    title: 'no filter on belay itself',
    isNeeded: false,
    meaning:
      'this shell runs under a seccomp filter, which can forbid what belay asks for (under ' +
      "'belay run' that is belay's own, which forbids nothing)",
    mend: 'in a container: --security-opt seccomp=unconfined, if the lines above say missing',
  },
  {
    name: 'userfaultfd',
    title: 'userfaultfd, asynchronous',
    isNeeded: true,
    meaning: NOTHING_WORKS,
    mend: `${LINUX_6_7}, with CONFIG_USERFAULTFD; ${CONTAINER}`,
  },
  {
    name: 'written-pages',
    title: 'PAGEMAP_SCAN of written pages',
    isNeeded: true,
    meaning: NOTHING_WORKS,
    mend: `${LINUX_6_7}, with CONFIG_PROC_PAGE_MONITOR`,
  },
  {
    name: 'process-vm',
    title: 'copy memory between processes',
    isNeeded: true,
    meaning: NOTHING_WORKS,
    mend: `use a kernel with CONFIG_CROSS_MEMORY_ATTACH; ${CONTAINER}`,
  },
  {
    name: 'pidfd-getfd',
    title: 'take over a descriptor',
    isNeeded: true,
    meaning: NOTHING_WORKS,
    mend: `use Linux 5.6 or later; ${CONTAINER}`,
  },
  {
    name: 'xstate',
    title: 'extended registers',
    isNeeded: true,
    meaning: NOTHING_WORKS,
    mend: 'use a processor with XSAVE',
  },
  {
    name: 'mseal',
    title: 'sealed mappings',
    isNeeded: false,
    meaning: 'a program that unmaps everything, its vdso included, cannot be put back',
    mend: 'use Linux 6.10 or later',
  },
  {
    name: 'set-tid',
    title: 'choose the tid of a thread',
    isNeeded: false,
    meaning: 'a thread that ended since its point may not get its own tid again',
    mend: 'run belay as root, or give it CAP_CHECKPOINT_RESTORE',
  },
  {
    name: 'rseq',
    title: 'restartable sequences',
    isNeeded: false,
    meaning: 'a thread that is made anew goes on without its restartable sequences',
    mend: 'use Linux 5.13 or later',
  },
  {
    name: 'suspend-seccomp',
    title: 'programs with filters of their own',
    isNeeded: false,
    meaning: 'a program that restricts its own system calls may not be put back',
    mend: 'run belay as root, or give it CAP_SYS_ADMIN',
  },
  {
    name: 'open-files',
    title: 'open files',
    isNeeded: false,
    meaning: 'belay may run out of descriptors with many children of a program',
    mend: 'raise it: ulimit -n 1024',
  },
  {
    name: 'limits',
    title: 'limits of this shell',
    isNeeded: false,
    meaning: 'a supervisor that is started from here has to stop early, or cannot keep its log',
    mend: 'raise the hard limits: ulimit -H -t unlimited, ulimit -H -f unlimited, as root',
  },
  {
    name: 'directory',
    title: 'directory for logs and sockets',
    isNeeded: true,
    meaning: 'no supervisor can be talked to, and no log is kept',
    mend: 'set BELAY_DIR to a directory of your own that nobody else can write in',
  },
];
