/*
 * How programs trace their own processes: each of these ends the program where that does not work
 * as it does without belay.
 */
#ifndef TRACING_H
#define TRACING_H

#include "../processes/child.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

#define STACK_SIZE (64 * 1024)

UNUSED static int wait_for(pid_t tracee) {
  int status = 0;
  CHECK(waitpid(tracee, &status, __WALL) == tracee);
  return status;
}

UNUSED static void expect_stop(pid_t tracee, int signo) {
  int status = wait_for(tracee);
  if (!WIFSTOPPED(status) || WSTOPSIG(status) != signo) fail("tracee: status %#x", status);
}

/* As test frameworks and debuggers begin a program. */
UNUSED static void trace_me(void) {
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) _exit(100 + errno);
    raise(SIGUSR1);
    _exit(7);
  }
  expect_stop(child, SIGUSR1);
  struct user_regs_struct registers;
  CHECK(ptrace(PTRACE_GETREGS, child, 0, &registers) == 0);
  CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
  expect_exit(child, 7);
}

/* As gdb does, whose child shares its memory until it execs. */
UNUSED static void trace_me_in_vfork(void) {
  pid_t child = vfork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) _exit(100 + errno);
    execl("/bin/true", "true", (char *)NULL);
    _exit(9);
  }
  expect_stop(child, SIGTRAP);
  CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
  expect_exit(child, 0);
}

/* As a dump is written: of the process that crashed, by its child. */
UNUSED static void attach_to_parent(void) {
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    int status;
    struct user_regs_struct registers;
    if (ptrace(PTRACE_ATTACH, parent, 0, 0) != 0) _exit(100 + errno);
    if (waitpid(parent, &status, __WALL) != parent || !WIFSTOPPED(status)) _exit(8);
    if (ptrace(PTRACE_GETREGS, parent, 0, &registers) != 0 || registers.rsp == 0) _exit(9);
    if (ptrace(PTRACE_DETACH, parent, 0, 0) != 0) _exit(10);
    _exit(7);
  }
  prctl(PR_SET_PTRACER, child, 0, 0, 0);
  expect_exit(child, 7);
}

static int lines[2];

UNUSED static pid_t begin_sleeper(void) {
  CHECK(pipe(lines) == 0);
  pid_t child = fork();
  if (child == 0) {
    char byte;
    _exit(read(lines[0], &byte, 1) == 1 ? 7 : 8);
  }
  return child;
}

UNUSED static void end_sleeper(pid_t child) {
  CHECK(write(lines[1], "x", 1) == 1);
  expect_exit(child, 7);
  close(lines[0]);
  close(lines[1]);
}

/* A child, by its sister, which lets it go without a stop. */
UNUSED static void seize_sister(void) {
  pid_t child = begin_sleeper();
  pid_t sister = fork();
  if (sister == 0) {
    if (ptrace(PTRACE_SEIZE, child, 0, 0) != 0) _exit(100 + errno);
    if (ptrace(PTRACE_INTERRUPT, child, 0, 0) != 0) _exit(8);
    expect_stop(child, SIGTRAP);
    if (ptrace(PTRACE_DETACH, child, 0, 0) != 0) _exit(9);
    _exit(7);
  }
  expect_exit(sister, 7);
  end_sleeper(child);
}

/* In a group stop, and it stays in it. */
UNUSED static void seize_stopped(void) {
  pid_t child = begin_sleeper();
  int status;
  CHECK(kill(child, SIGSTOP) == 0);
  CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
  CHECK(ptrace(PTRACE_SEIZE, child, 0, 0) == 0);
  CHECK(wait_for(child) >> 8 == (SIGSTOP | PTRACE_EVENT_STOP << 8));
  CHECK(ptrace(PTRACE_DETACH, child, 0, 0) == 0);
  CHECK(kill(child, SIGCONT) == 0);
  CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
  end_sleeper(child);
}

static volatile int may_trace;

static int trace_creator(void *argument) {
  pid_t creator = *(pid_t *)argument;
  int status;
  while (!may_trace) sched_yield();
  if (syscall(SYS_ptrace, PTRACE_ATTACH, creator, 0, 0) != 0) return 100 + errno;
  if (waitpid(creator, &status, __WALL) != creator || !WIFSTOPPED(status)) return 8;
  return syscall(SYS_ptrace, PTRACE_DETACH, creator, 0, 0) == 0 ? 7 : 9;
}

/* As LeakSanitizer has it: a clone in the same memory, which no tracer of ours is to have. */
UNUSED static void trace_from_clone(void) {
  static char stack[STACK_SIZE] __attribute__((aligned(16)));
  pid_t creator = getpid();
  may_trace = 0;
  pid_t tracer = clone(trace_creator, stack + STACK_SIZE,
                       CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_UNTRACED, &creator);
  CHECK(tracer > 0);
  prctl(PR_SET_PTRACER, tracer, 0, 0, 0);
  may_trace = 1;
  int status = wait_for(tracer);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) fail("tracer: status %#x", status);
}

/* As strace does: from call to call. */
UNUSED static void trace_calls(void) {
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) _exit(100 + errno);
    raise(SIGSTOP);
    for (int index = 0; index < 10; index++) syscall(SYS_getppid);
    _exit(7);
  }
  expect_stop(child, SIGSTOP);
  CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD) == 0);
  int calls = 0;
  for (;;) {
    CHECK(ptrace(PTRACE_SYSCALL, child, 0, 0) == 0);
    int status = wait_for(child);
    if (WIFEXITED(status)) {
      CHECK(WEXITSTATUS(status) == 7);
      break;
    }
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80)) fail("status %#x", status);
    struct user_regs_struct registers;
    CHECK(ptrace(PTRACE_GETREGS, child, 0, &registers) == 0);
    if (registers.orig_rax == SYS_getppid) calls++;
  }
  CHECK(calls == 20);
}

UNUSED static void trace(const char *how) {
  if (strcmp(how, "traceme") == 0) trace_me();
  else if (strcmp(how, "vfork") == 0) trace_me_in_vfork();
  else if (strcmp(how, "attach") == 0) attach_to_parent();
  else if (strcmp(how, "seize") == 0) seize_sister();
  else if (strcmp(how, "stopped") == 0) seize_stopped();
  else if (strcmp(how, "clone") == 0) trace_from_clone();
  else if (strcmp(how, "calls") == 0) trace_calls();
  else fail("%s?", how);
}

#endif
