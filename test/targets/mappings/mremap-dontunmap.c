/* A mapping emptied by MREMAP_DONTUNMAP has its content again. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(16 * PAGE);
  fill(memory, 16 * PAGE, 1);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mremap(memory, 16 * PAGE, 16 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL) !=
          MAP_FAILED);
    verify_zero(memory, 16 * PAGE);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 16 * PAGE, 1);
  return ok();
}
