/* belay: --retries 1 */
/* --retries 1: one go on each point, from the newest to the oldest. */
#include "../target.h"

static int goes[5];

int main(void) {
  struct tjmp why;
  keep(goes, sizeof goes);
  for (volatile int depth = 0; depth < 5; depth++) {
    CHECK(point(&why) == depth + 1);
    if (why.cause == TJMP_SAVED) continue;
    CHECK(why.cause == TJMP_SIGNAL && why.rollbacks == 1);
    goes[depth]++;
    for (int index = 0; index < 5; index++) CHECK(goes[index] == (index >= depth));
    if (depth == 0) return ok();
    fall();
  }
  fall();
  fail("went on after a fall");
}
