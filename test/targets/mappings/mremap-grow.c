/* A mapping made larger, in place or moved for it, has its old size and place. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(64 * PAGE);
  fill(memory, 64 * PAGE, 1);
  CHECK(munmap(memory + 32 * PAGE, 32 * PAGE) == 0);
  char *fixed = (char *)anonymous(PAGE);
  fill(fixed, PAGE, 2);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mremap(memory, 32 * PAGE, 48 * PAGE, 0) == memory);
    fill(memory, 48 * PAGE, 3);
    CHECK(mremap(memory, 48 * PAGE, 4096 * PAGE, MREMAP_MAYMOVE) != MAP_FAILED);
    CHECK(mremap(fixed, PAGE, 512 * PAGE, MREMAP_MAYMOVE) != MAP_FAILED);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 32 * PAGE, 1);
  verify(fixed, PAGE, 2);
  return ok();
}
