/**
 * The operations of prctl(2) that belay has its target carry out.
 *
 * @see https://man7.org/linux/man-pages/man2/prctl.2.html
 */
export const PR_SET_PDEATHSIG = 1;
export const PR_GET_PDEATHSIG = 2;
export const PR_GET_DUMPABLE = 3;
export const PR_SET_DUMPABLE = 4;
export const PR_SET_KEEPCAPS = 8;
export const PR_SET_NAME = 15;
/** Whether rdtsc(1) works, or is answered by SIGSEGV: of each thread. */
export const PR_GET_TSC = 25;
export const PR_SET_TSC = 26;
export const PR_GET_SECUREBITS = 27;
export const PR_SET_SECUREBITS = 28;
/** One of the securebits: capabilities(7). */
export const SECBIT_KEEP_CAPS = 16;
/** When a thread is told of broken memory: at once, late, or as the system has it. */
export const PR_MCE_KILL = 33;
export const PR_MCE_KILL_SET = 1;
export const PR_MCE_KILL_GET = 34;
export const PR_SET_CHILD_SUBREAPER = 36;
export const PR_GET_CHILD_SUBREAPER = 37;
export const PR_SET_NO_NEW_PRIVS = 38;
export const PR_GET_TID_ADDRESS = 40;
export const PR_SET_THP_DISABLE = 41;
export const PR_GET_THP_DISABLE = 42;
/** Since Linux 5.6, of each thread, with CAP_SYS_RESOURCE. */
export const PR_SET_IO_FLUSHER = 57;
export const PR_GET_IO_FLUSHER = 58;
/** Since Linux 6.3: nothing may be writable and executable, or become executable. */
export const PR_GET_MDWE = 66;
export const PR_MDWE_REFUSE_EXEC_GAIN = 1;
/** Since Linux 6.4, where it has KSM. */
export const PR_SET_MEMORY_MERGE = 67;
export const PR_GET_MEMORY_MERGE = 68;
export const PR_SET_VMA = 0x53564d41;
export const PR_SET_VMA_ANON_NAME = 0;
