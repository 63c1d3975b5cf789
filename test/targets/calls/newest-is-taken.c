/* A fall goes to the newest point, and its state is that point's, not an older one's. */
#include "../target.h"

int main(void) {
  static volatile int stage;
  struct tjmp why;
  stage = 1;
  CHECK(point(&why) == 1 && why.cause == TJMP_SAVED);
  stage = 2;
  CHECK(point(&why) == 2 && why.cause == TJMP_SAVED);
  stage = 3;
  int cd = point(&why);
  CHECK(cd == 3 && stage == 3);
  if (why.cause == TJMP_SAVED) {
    stage = 4;
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGSEGV && why.rollbacks == 1);
  return ok();
}
