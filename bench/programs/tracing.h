/*
 * A tracee that stops at some calls, and a tracer in C, on a processor of its own or the same. The
 * tracee's other threads are seized, too, and stopped and let go of by the tracer's own work.
 */
#ifndef TRACING_H
#define TRACING_H

#include "bench.h"
#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* The first of some calls that Linux does not have. */
#define CALL 0xBE01
#define CALLS 3
#define THREADS_MAX 1024

/* From the tracee that all its threads are there, and back that they are traced. */
static int up[2], down[2];
/* The tracee's threads; the first is the one that makes the calls. */
static pid_t threads[THREADS_MAX];
static size_t thread_count;

/* As it was before pin(). */
static cpu_set_t everywhere;

/* Before fork, so that no other processor has anything of the tracee's memory in its TLB. */
UNUSED static void pin(unsigned long cpu) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof everywhere, &everywhere) != 0) die("sched_getaffinity");
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) die("sched_setaffinity");
}

UNUSED static pid_t fork_tracee(void) {
  if (pipe(up) != 0 || pipe(down) != 0) die("pipe");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
  close(child == 0 ? down[1] : up[1]);
  return child;
}

/* Stops at the calls alone, as belay's filter does. */
UNUSED static void filter_install(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, CALL, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, CALL + CALLS, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof code / sizeof code[0], code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("PR_SET_NO_NEW_PRIVS");
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) die("PR_SET_SECCOMP");
}

/* In the tracee, once it has all its threads. */
UNUSED static void await_tracer(void) {
  char byte = 0;
  if (write(up[1], &byte, 1) != 1 || read(down[0], &byte, 1) != 1) die("no tracer");
  filter_install();
}

static void seize(pid_t thread) {
  long options = PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SEIZE, thread, NULL, options) != 0) die("PTRACE_SEIZE");
  if (thread_count == THREADS_MAX) die("too many threads");
  threads[thread_count++] = thread;
}

static void seize_all(pid_t child) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", (int)child);
  DIR *tasks = opendir(path);
  if (tasks == NULL) die(path);
  seize(child);
  for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
    pid_t thread = (pid_t)atoi(entry->d_name);
    if (thread > 0 && thread != child) seize(thread);
  }
  closedir(tasks);
}

/* The other threads, which sleep; what they stop for is the interruption. */
UNUSED static void stop_others(void) {
  for (size_t index = 1; index < thread_count; index++) {
    if (ptrace(PTRACE_INTERRUPT, threads[index], NULL, NULL) != 0) die("PTRACE_INTERRUPT");
  }
  for (size_t index = 1; index < thread_count; index++) {
    int status;
    if (waitpid(threads[index], &status, __WALL) != threads[index]) die("waitpid");
    if (!WIFSTOPPED(status)) die("a thread ended");
  }
}

UNUSED static void resume_others(void) {
  for (size_t index = 1; index < thread_count; index++) {
    if (ptrace(PTRACE_CONT, threads[index], NULL, NULL) != 0) die("PTRACE_CONT");
  }
}

/* Else each of them would have to be waited for at the end. */
UNUSED static void let_go_of_others(void) {
  stop_others();
  for (size_t index = 1; index < thread_count; index++) {
    if (ptrace(PTRACE_DETACH, threads[index], NULL, NULL) != 0) die("PTRACE_DETACH");
  }
}

/* In the tracer: `work` is done at each call, `fall` at each SIGSEGV. Ends with the tracee. */
UNUSED static void trace(pid_t child, void (*work)(void), void (*fall)(void)) {
  int status;
  char byte = 0;
  if (read(up[0], &byte, 1) != 1) die("no tracee");
  seize_all(child);
  if (write(down[1], &byte, 1) != 1) die("no tracee");
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    if (status >> 16 == PTRACE_EVENT_SECCOMP) work();
    else if (status >> 8 == SIGSEGV && fall != NULL) fall();
    else if (status >> 8 == SIGSEGV) exit(1);
    ptrace(PTRACE_CONT, child, NULL, NULL);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) exit(1);
}

#endif
