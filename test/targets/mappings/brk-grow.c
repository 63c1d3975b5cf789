/* The heap grown with brk has its old end, and grows from there. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  void *end = sbrk(0);
  char *last = (char *)sbrk(4 * PAGE);
  CHECK(last == end);
  fill(last, 4 * PAGE, 1);
  end = sbrk(0);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    char *more = (char *)sbrk(4 * MIB);
    CHECK(more == end);
    fill(more, 4 * MIB, 2);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  CHECK(sbrk(0) == end);
  verify(last, 4 * PAGE, 1);
  char *more = (char *)sbrk(4 * PAGE);
  CHECK(more == end);
  verify_zero(more, 4 * PAGE);
  return ok();
}
