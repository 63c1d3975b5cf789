/* A fault while SIGSEGV is blocked: the kernel resets handler and mask, belay puts both back. */
#include "../target.h"

static void handler(int signo) { _exit(signo == SIGSEGV ? 9 : 10); }

int main(void) {
  struct tjmp why;
  sigset_t set, current;
  signal(SIGSEGV, handler);
  sigemptyset(&set);
  sigaddset(&set, SIGSEGV);
  sigprocmask(SIG_BLOCK, &set, NULL);
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) fall();
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGSEGV && why.rollbacks == 2);
  CHECK(sigprocmask(SIG_BLOCK, NULL, &current) == 0 && sigismember(&current, SIGSEGV) == 1);
  struct sigaction action;
  CHECK(sigaction(SIGSEGV, NULL, &action) == 0 && action.sa_handler == handler);
  return ok();
}
