/* A fault while SIGSEGV is ignored: back at the point, and it is ignored still. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  signal(SIGSEGV, SIG_IGN);
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) fall();
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGSEGV && why.rollbacks == 2);
  CHECK(signal(SIGSEGV, SIG_DFL) == SIG_IGN);
  return ok();
}
