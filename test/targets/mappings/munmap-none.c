/* A PROT_NONE guard and what it hides, unmapped: both are back. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(8 * PAGE);
  fill(memory, 8 * PAGE, 1);
  CHECK(mprotect(memory + 2 * PAGE, 4 * PAGE, PROT_NONE) == 0);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, 8 * PAGE) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  CHECK(mprotect(memory, 8 * PAGE, PROT_READ) == 0);
  verify(memory, 8 * PAGE, 1);
  return ok();
}
