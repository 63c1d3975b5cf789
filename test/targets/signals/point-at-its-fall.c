/* belay: --every 1 --on ABRT,TRAP,SYS; argument abort trap call */
/* A point that the clock made when the thread was about to take a signal that no instruction makes
 * again: going back there it takes it again, and never goes on as if nothing were. */
#include "../target.h"
#include <sys/prctl.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

enum { ROUNDS = 400, ALLOW = 0, BLOCK };

static volatile char selector = ALLOW;

static void take(const char *how) {
  if (strcmp(how, "call") == 0) {
    CHECK(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector) == 0);
    selector = BLOCK;
    syscall(SYS_getppid);
    selector = ALLOW;
  } else if (strcmp(how, "trap") == 0) __asm__ volatile("int3");
  else syscall(SYS_tgkill, getpid(), gettid(), SIGABRT);
}

int main(int argc, char **argv) {
  struct tjmp why;
  CHECK(argc == 2);
  for (int round = 0; round < ROUNDS; round++) {
    int cd = point(&why);
    if (why.cause == TJMP_SAVED) {
      for (volatile int wait = 0; wait < round * 1000; wait++) continue;
      take(argv[1]);
      fail("it went on in round %d", round);
    }
    CHECK(why.cause == TJMP_SIGNAL);
    tforget(cd);
  }
  return ok();
}
