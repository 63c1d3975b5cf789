/* belay: --every 5; argument changed off */
/* Calls that come as SIGSYS, as Wine has it: points and rollbacks make none of theirs come so, and
 * the dispatch is put back as it was at the point. */
#include "confined.h"

#include <ucontext.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

enum { ALLOW, BLOCK, ROUNDS = 40 };

static volatile char selector, other = BLOCK;
static volatile int caught;

static void on_sys(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info;
  selector = other = ALLOW;
  caught++;
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = 4711;
}

static void expect_dispatch(void) {
  caught = 0;
  for (int round = 0; round < ROUNDS; round++) {
    selector = BLOCK;
    for (volatile int turn = 0; turn < 1000000; turn++) continue;
    CHECK(syscall(SYS_getppid) == 4711);
  }
  CHECK(caught == ROUNDS);
}

int main(int argc, char **argv) {
  struct tjmp why;
  struct sigaction action = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
  CHECK(argc == 2 && sigaction(SIGSYS, &action, NULL) == 0);
  CHECK(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector) == 0);
  char *memory = (char *)anonymous(4 * PAGE);
  fill(memory, 4 * PAGE, 1);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    expect_dispatch();
    int mode = strcmp(argv[1], "changed") == 0;
    CHECK(prctl(PR_SET_SYSCALL_USER_DISPATCH, mode, 0, 0, mode == 0 ? NULL : &other) == 0);
    CHECK(munmap(memory, 4 * PAGE) == 0);
    selector = BLOCK;
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  expect_dispatch();
  verify(memory, 4 * PAGE, 1);
  return ok();
}
