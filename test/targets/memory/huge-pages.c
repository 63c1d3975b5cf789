/* Memory in huge pages, where the kernel gives them: written in part, given back in part. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(16 * MIB);
  madvise(memory, 16 * MIB, MADV_HUGEPAGE);
  fill(memory, 12 * MIB, 1);
  CHECK(point(&why) == 1);
  if (why.rollbacks < 3) {
    fill(memory + 5 * MIB + 8 * PAGE, PAGE, 2);
    fill(memory + 13 * MIB, 2 * MIB, 3);
    CHECK(madvise(memory + 6 * MIB, 3 * MIB, MADV_DONTNEED) == 0);
    fall();
  }
  verify(memory, 12 * MIB, 1);
  verify_zero(memory + 12 * MIB, 4 * MIB);
  return ok();
}
