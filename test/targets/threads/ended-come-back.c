/* Threads that ended since, joined or not, come back: tid, stack, TLS, name, mask; they go on. */
#include "../crew.h"

int main(void) {
  struct tjmp why;
  crew_start(9);
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) {
    crew_finish();
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && why.rollbacks == 2);
  crew_finish();
  return ok();
}
