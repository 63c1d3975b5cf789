/* A pair of a tracee that stops at one call, and a tracer on a processor of its own or the same. */
#ifndef TRACING_H
#define TRACING_H

#include "bench.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* A call that Linux does not have. */
#define CALL 0xBE01

UNUSED static void pin(unsigned long cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) die("sched_setaffinity");
}

/* Stops at CALL alone, as belay's filter does. */
UNUSED static void filter_install(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALL, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof code / sizeof code[0], code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("PR_SET_NO_NEW_PRIVS");
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) die("PR_SET_SECCOMP");
}

/* In the tracee: wait until the tracer is there. */
UNUSED static void await_tracer(void) {
  raise(SIGSTOP);
  filter_install();
}

/* In the tracer: `work` is done at each stop. Ends with the tracee. */
UNUSED static void trace(pid_t child, void (*work)(pid_t child)) {
  int status;
  if (waitpid(child, &status, WUNTRACED) != child) die("waitpid");
  if (ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) != 0) {
    die("PTRACE_SEIZE");
  }
  kill(child, SIGCONT);
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    if (status >> 16 == PTRACE_EVENT_SECCOMP) work(child);
    ptrace(PTRACE_CONT, child, NULL, NULL);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) exit(1);
}

#endif
