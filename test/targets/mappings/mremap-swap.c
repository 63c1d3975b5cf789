/* Two mappings that changed places: each has its own content again. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *one = (char *)anonymous(16 * PAGE), *two = (char *)anonymous(16 * PAGE);
  char *spare = (char *)anonymous(16 * PAGE);
  fill(one, 16 * PAGE, 1);
  fill(two, 16 * PAGE, 2);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    CHECK(mremap(one, 16 * PAGE, 16 * PAGE, flags, spare) == spare);
    CHECK(mremap(two, 16 * PAGE, 16 * PAGE, flags, one) == one);
    CHECK(mremap(spare, 16 * PAGE, 16 * PAGE, flags, two) == two);
    verify(one, 16 * PAGE, 2);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(one, 16 * PAGE, 1);
  verify(two, 16 * PAGE, 2);
  verify_zero(spare, 16 * PAGE);
  return ok();
}
