/* While a process of its own runs in the program's memory there are no points and no ways back, by
 * name and with nothing touched; once it has ended or exec'd there are. */
#include "child.h"
#include <sched.h>
#include <setjmp.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile long first, second, wrong;
static volatile int stop, changed;
static sigjmp_buf out;
static int ends[2];

static int count(void *argument) {
  (void)argument;
  for (long value = 1; !stop; value++) {
    first = value;
    second = value;
    if (first != value || second != value) wrong++;
  }
  return wrong != 0;
}

static int exec_cat(void *argument) {
  char *arguments[] = {(char *)"cat", NULL};
  (void)argument;
  dup2(ends[0], 0);
  close(ends[1]);
  execv("/bin/cat", arguments);
  _exit(99);
}

static void on_fall(int signo) {
  (void)signo;
  siglongjmp(out, 1);
}

static void refused(int cd) {
  pid_t child = clone(count, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
  CHECK(child > 0);
  while (first == 0) sleep_ms(1);
  changed = 1;
  CHECK(tsetjmp(NULL) == -1 && errno == EAGAIN);
  CHECK(tlongjmp(cd, 1) == -1 && errno == ENOTRECOVERABLE);
  CHECK(signal(SIGSEGV, on_fall) != SIG_ERR);
  if (sigsetjmp(out, 1) == 0) fall();
  CHECK(changed == 1);
  stop = 1;
  expect_exit(child, 0);
}

static void exec_is_over(void) {
  int told[2];
  char byte;
  CHECK(pipe(ends) == 0 && pipe2(told, O_CLOEXEC) == 0);
  pid_t child = clone(exec_cat, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
  close(told[1]);
  CHECK(child > 0 && read(told[0], &byte, 1) == 0);
  CHECK(tforget(point(NULL)) == 0);
  close(ends[1]);
  expect_exit(child, 0);
}

int main(void) {
  struct tjmp why;
  int cd = point(&why);
  if (why.cause == TJMP_SAVED) {
    refused(cd);
    CHECK(tforget(point(NULL)) == 0);
    exec_is_over();
    CHECK(signal(SIGSEGV, SIG_DFL) != SIG_ERR);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && changed == 0 && why.rollbacks == 1);
  return ok();
}
