/* Going back to an older point drops the newer ones; the older ones stay. */
#include "../target.h"

int main(void) {
  static uint64_t block[3][8 * 512];
  struct tjmp why, first_why;
  for (int index = 0; index < 3; index++) fill(block[index], sizeof *block, 10);
  int first = point(&first_why);
  verify(block[0], sizeof *block, 10);
  if (first_why.cause == TJMP_LONGJMP) {
    for (int index = 0; index < 3; index++) verify(block[index], sizeof *block, 10);
    CHECK(first_why.value == 2 && tforget(first + 1) == -1 && errno == EBADF);
    return ok();
  }
  fill(block[1], sizeof *block, 11);
  int second = point(&why);
  verify(block[1], sizeof *block, 11);
  verify(block[2], sizeof *block, 10);
  if (why.cause == TJMP_LONGJMP) {
    CHECK(why.value == 1);
    CHECK(tforget(second + 1) == -1 && errno == EBADF);
    CHECK(tlongjmp(second + 2, 1) == -1 && errno == EBADF);
    tlongjmp(first, 2);
    fail("tlongjmp came back: errno %d", errno);
  }
  fill(block[2], sizeof *block, 12);
  CHECK(point(NULL) == second + 1 && point(NULL) == second + 2);
  fill(block, sizeof block, 13);
  tlongjmp(second, 1);
  fail("tlongjmp came back: errno %d", errno);
}
