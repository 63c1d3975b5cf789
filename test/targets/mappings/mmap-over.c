/* Another mapping put on top of one, whole and in part: the old one is back. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(64 * PAGE);
  fill(memory, 64 * PAGE, 1);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mmap(memory + 8 * PAGE, 8 * PAGE, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory + 8 * PAGE);
    fill(memory + 10 * PAGE, PAGE, 3);
    CHECK(mmap(memory + 32 * PAGE, 32 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
               -1, 0) == memory + 32 * PAGE);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 64 * PAGE, 1);
  return ok();
}
