/* SIGABRT: abort(), and after it a second time, so that abort's own lock is free again. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) abort();
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGABRT && why.rollbacks == 2);
  return ok();
}
