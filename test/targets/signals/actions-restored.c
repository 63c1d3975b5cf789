/* Handlers set, reset and ignored since the point are those of the point again. */
#include "../target.h"

static volatile sig_atomic_t called;
static void one(int signo) { called = signo; }
static void two(int signo) { called = -signo; }

int main(void) {
  struct tjmp why;
  signal(SIGUSR1, one);
  signal(SIGUSR2, SIG_IGN);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, two);
    signal(SIGHUP, two);
    fall();
  }
  struct sigaction action;
  CHECK(sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
  raise(SIGUSR2);
  CHECK(called == 0);
  raise(SIGUSR1);
  CHECK(called == SIGUSR1);
  return ok();
}
