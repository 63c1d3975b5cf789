/* 8 MB given back with MADV_DONTNEED, read or not since then, come back with their content. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(16 * MIB);
  fill(memory, 16 * MIB, 1);
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) {
    CHECK(madvise(memory + 4 * MIB, 8 * MIB, MADV_DONTNEED) == 0);
    if (why.rollbacks == 0) verify_zero(memory + 4 * MIB, 8 * MIB);
    fall();
  }
  verify(memory, 16 * MIB, 1);
  return ok();
}
