/* A whole mapping unmapped since the point is back, at its place, with its content. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(64 * PAGE);
  fill(memory, 64 * PAGE, 1);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, 64 * PAGE) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 64 * PAGE, 1);
  fill(memory, 64 * PAGE, 2);
  verify(memory, 64 * PAGE, 2);
  return ok();
}
