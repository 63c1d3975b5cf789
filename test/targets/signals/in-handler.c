/* A fall inside the handler of another signal: mask, stack and handler are those of the point. */
#include "../target.h"

static void handler(int signo) {
  if (signo == SIGUSR1) fall();
}

int main(void) {
  struct tjmp why;
  sigset_t current;
  signal(SIGUSR1, handler);
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) raise(SIGUSR1);
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGSEGV && why.rollbacks == 2);
  CHECK(sigprocmask(SIG_BLOCK, NULL, &current) == 0 && sigismember(&current, SIGUSR1) == 0);
  return ok();
}
