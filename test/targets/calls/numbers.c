/* Descriptors are 1, 2, 3, ... and are not used again, neither forgotten nor dropped ones. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  int first = point(NULL);
  CHECK(first == 1);
  CHECK(tforget(first) == 0);
  int base = point(&why);
  CHECK(base == 2);
  if (why.cause == TJMP_SAVED) {
    CHECK(point(NULL) == 3);
    CHECK(point(NULL) == 4);
    tlongjmp(base, 1);
    fail("tlongjmp came back: errno %d", errno);
  }
  CHECK(point(NULL) == 5);
  return ok();
}
