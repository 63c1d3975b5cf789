/* The same mapping made anew at the same place: maps cannot tell them, the content can. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(512 * PAGE);
  fill(memory, 512 * PAGE, 1);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mmap(memory, 512 * PAGE, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
    fill(memory + 7 * PAGE, PAGE, 3);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 512 * PAGE, 1);
  return ok();
}
