/* A mapping moved on top of another: both are as they were. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(16 * PAGE);
  char *other = (char *)anonymous(32 * PAGE);
  fill(memory, 16 * PAGE, 1);
  fill(other, 32 * PAGE, 2);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mremap(memory, 16 * PAGE, 16 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other + 8 * PAGE) ==
          other + 8 * PAGE);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 16 * PAGE, 1);
  verify(other, 32 * PAGE, 2);
  return ok();
}
