/* After tforget of the newest point a fall goes to the one before it. */
#include "../target.h"

int main(void) {
  static uint64_t block[4096];
  struct tjmp why;
  fill(block, sizeof block, 1);
  int first = point(&why);
  if (why.cause == TJMP_SAVED) {
    fill(block, sizeof block, 2);
    int second = point(NULL);
    fill(block, sizeof block, 3);
    CHECK(second == first + 1 && tforget(second) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && why.rollbacks == 1);
  verify(block, sizeof block, 1);
  return ok();
}
