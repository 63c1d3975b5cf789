/* Protections changed since the point are those of the point, page by page. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(16 * PAGE);
  fill(memory, 16 * PAGE, 1);
  CHECK(mprotect(memory + 4 * PAGE, 4 * PAGE, PROT_READ) == 0);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mprotect(memory, 3 * PAGE, PROT_NONE) == 0);
    CHECK(mprotect(memory + 5 * PAGE, 8 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
    fill(memory + 5 * PAGE, 4 * PAGE, 2);
    CHECK(mprotect(memory + 12 * PAGE, 4 * PAGE, PROT_READ) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 16 * PAGE, 1);
  return ok();
}
