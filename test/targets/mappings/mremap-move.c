/* A mapping moved away is back at its old place, and gone from the new one. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(16 * PAGE);
  char *elsewhere = (char *)anonymous(16 * PAGE);
  fill(memory, 16 * PAGE, 1);
  CHECK(munmap(elsewhere, 16 * PAGE) == 0);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mremap(memory, 16 * PAGE, 16 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere) ==
          elsewhere);
    fill(elsewhere, PAGE, 2);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 16 * PAGE, 1);
  return ok();
}
