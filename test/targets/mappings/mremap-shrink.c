/* A mapping made smaller has its old size and content. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(64 * PAGE);
  fill(memory, 64 * PAGE, 1);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mremap(memory, 64 * PAGE, 5 * PAGE, 0) == memory);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 64 * PAGE, 1);
  return ok();
}
