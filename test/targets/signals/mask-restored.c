/* The signal mask is that of the point. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  sigset_t set, current;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 3);
  sigprocmask(SIG_SETMASK, &set, NULL);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    sigfillset(&set);
    sigdelset(&set, SIGUSR1);
    sigprocmask(SIG_SETMASK, &set, NULL);
    fall();
  }
  CHECK(sigprocmask(SIG_BLOCK, NULL, &current) == 0);
  for (int signo = 1; signo <= SIGRTMAX; signo++) {
    int blocked = sigismember(&current, signo) == 1;
    int expected = signo == SIGUSR1 || signo == SIGRTMIN + 3;
    if (blocked != expected) fail("signal %d: %d", signo, blocked);
  }
  return ok();
}
