/* Given back between two points: the older has the content, the newer zeros. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(4 * MIB);
  fill(memory, 4 * MIB, 1);
  int first = point(&why);
  verify(memory, 4 * MIB, 1);
  if (why.cause == TJMP_LONGJMP) return ok();
  CHECK(madvise(memory + MIB, MIB, MADV_DONTNEED) == 0);
  CHECK(point(&why) == 2);
  verify(memory, MIB, 1);
  verify_zero(memory + MIB, MIB);
  verify(memory + 2 * MIB, 0, 1);
  if (why.cause == TJMP_SAVED) {
    fill(memory, 4 * MIB, 3);
    fall();
  }
  tlongjmp(first, 0);
  fail("tlongjmp came back: errno %d", errno);
}
