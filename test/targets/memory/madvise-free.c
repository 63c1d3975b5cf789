/* Pages offered with MADV_FREE come back with their content, taken by the kernel or not. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(4 * MIB);
  fill(memory, 4 * MIB, 1);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(madvise(memory, 4 * MIB, MADV_FREE) == 0);
    madvise(memory, 2 * MIB, MADV_PAGEOUT);
    fill(memory + MIB, PAGE, 2);
    fall();
  }
  verify(memory, 4 * MIB, 1);
  fill(memory, 4 * MIB, 3);
  verify(memory, 4 * MIB, 3);
  return ok();
}
