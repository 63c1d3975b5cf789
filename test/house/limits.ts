/** The limits that tidy.test.ts holds the source to, each with its reason. */

/** A file is one idea, read without losing the thread; the aim is 300. */
export const FILE_LINES_MAX = 320;

/** A function fits on a screen; the aim is 50, the rest is for tables and wrapped calls. */
export const FUNCTION_LINES_MAX = 60;

/** Two files side by side on one screen. */
export const LINE_COLUMNS_MAX = 100;

/** How many characters into a file its header comment may begin: after a `#!` line. */
export const HEADER_STARTS_BEFORE = 120;

/** The layers that define names of kernel constants: nowhere else is a number of the kernel's. */
export const KERNEL_NAME_LAYERS: readonly string[] = ['sys', 'arch'];

/**
 * The layers, and single files, that may use them: what has the target make system calls must say
 * which, and with which flags. Everywhere else a name of ours says what is meant, so that a reader
 * needs no manual page.
 */
export const KERNEL_NAME_USERS: readonly string[] = [
  'tracee',
  'resources',
  'engine',
  'launch/install-filter.ts',
  'launch/exec-command.ts',
];

/** What names of kernel constants begin with. ELF and DWARF constants are no kernel's. */
export const KERNEL_NAME_PREFIXES: readonly string[] = [
  'ARCH_',
  'BPF_',
  'CLONE_',
  'FUTEX_',
  'MADV_',
  'MAP_',
  'MREMAP_',
  'NR_',
  'NT_PRSTATUS',
  'NT_X86_',
  'PAGE_IS_',
  'PM_SCAN_',
  'PROT_',
  'PR_GET_',
  'PR_SET_',
  'PTRACE_',
  'SECCOMP_',
  'UFFDIO_',
  'UFFD_',
];
