/*
 * The floor: one ptrace stop and resume, by a tracer in C that does nothing else, as the tracee
 * sees it. floor ROUNDS TRACEE_CPU TRACER_CPU
 */
#include "bench.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define CALL 0xBE01

static void pin(unsigned long cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) die("sched_setaffinity");
}

/* Stops at CALL alone, as belay's filter does. */
static void filter_install(void) {
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

static void tracee(unsigned long rounds, unsigned long cpu) {
  pin(cpu);
  raise(SIGSTOP);
  filter_install();
  for (unsigned long round = 0; round < rounds; round++) {
    uint64_t began = now_ns();
    syscall(CALL);
    sample(now_ns() - began);
  }
  _exit(0);
}

static void trace(pid_t child) {
  int status;
  if (waitpid(child, &status, WUNTRACED) != child) die("waitpid");
  if (ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) != 0) {
    die("PTRACE_SEIZE");
  }
  kill(child, SIGCONT);
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    ptrace(PTRACE_CONT, child, NULL, NULL);
  }
}

int main(int argc, char **argv) {
  unsigned long rounds = argument(argc, argv, 1);
  samples_open();
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) tracee(rounds, argument(argc, argv, 2));
  pin(argument(argc, argv, 3));
  trace(child);
  return samples_print();
}
