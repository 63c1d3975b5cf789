/* One page given back with MADV_DONTNEED comes back with its content. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(16 * PAGE);
  fill(memory, 16 * PAGE, 1);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(madvise(memory + 5 * PAGE, PAGE, MADV_DONTNEED) == 0);
    verify_zero(memory + 5 * PAGE, PAGE);
    CHECK(madvise(memory + 9 * PAGE, PAGE, MADV_DONTNEED) == 0);
    fall();
  }
  verify(memory, 16 * PAGE, 1);
  return ok();
}
