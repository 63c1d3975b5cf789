/* The heap shrunk with brk has its old end and content. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *block = (char *)sbrk(256 * PAGE);
  CHECK(block != (void *)-1);
  fill(block, 256 * PAGE, 1);
  void *end = sbrk(0);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(sbrk(-200 * 4096) == end);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  CHECK(sbrk(0) == end);
  verify(block, 256 * PAGE, 1);
  return ok();
}
