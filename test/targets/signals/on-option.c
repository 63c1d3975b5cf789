/* belay: --on SIGSEGV,USR1; signal SIGFPE */
/* --on chooses: SIGUSR1 is a fall now, SIGFPE is not and kills. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  volatile int zero = 0;
  CHECK(point(&why) == 1);
  if (why.rollbacks == 0) raise(SIGUSR1);
  if (why.rollbacks == 1) {
    CHECK(why.signo == SIGUSR1);
    fall();
  }
  CHECK(why.signo == SIGSEGV && why.rollbacks == 2);
  ok();
  return 7 / zero;
}
