/* --retries bounds falls, not tlongjmp: a program may come back to a point as often as it likes. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  int cd = point(&why);
  if (why.rollbacks < 100) {
    tlongjmp(cd, 1);
    fail("tlongjmp came back: errno %d", errno);
  }
  CHECK(why.rollbacks == 100 && why.cause == TJMP_LONGJMP);
  return ok();
}
