/* Hidden memory that was shown, written and hidden again. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(16 * PAGE);
  fill(memory, 16 * PAGE, 1);
  CHECK(mprotect(memory, 16 * PAGE, PROT_NONE) == 0);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mprotect(memory, 16 * PAGE, PROT_READ | PROT_WRITE) == 0);
    fill(memory + 2 * PAGE, 2 * PAGE, 2);
    CHECK(mprotect(memory, 16 * PAGE, PROT_NONE) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  CHECK(mprotect(memory, 16 * PAGE, PROT_READ) == 0);
  verify(memory, 16 * PAGE, 1);
  return ok();
}
