/* The same memory at two places, one of which writes and one of which only reads or runs: both show
 * what was there at the point, whichever of them was written to, at the point before or since. */
#include "shared.h"

enum { PAGES = 4 };

int main(void) {
  struct tjmp why;
  int fd = memory_file(PAGES * PAGE);
  char *one = map_shared(fd, PAGES * PAGE), *other = map_shared(fd, PAGES * PAGE);
  char *read_only = (char *)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
  CHECK(read_only != MAP_FAILED);
  fill(one, PAGES * PAGE, 1);
  point(NULL);
  fill(other + PAGE, PAGE, 2);
  int cd = point(&why);
  if (why.rollbacks == 0) {
    fill(one + PAGE, PAGE, 3);
    fill(other, PAGE, 3);
    CHECK(munmap(other, PAGE) == 0);
    fall();
  }
  if (why.rollbacks == 1) {
    verify(read_only, PAGE, 2);
    verify(one + PAGE, PAGE, 2);
    verify(other + PAGE, PAGE, 2);
    fill(other, PAGE, 4);
    tlongjmp(cd, 1);
  }
  fill(one + PAGE, PAGE, 1);
  static char expected[PAGES * 4096];
  fill(expected, PAGES * PAGE, 1);
  memcpy(one + PAGE, expected + PAGE, PAGE);
  verify(one, PAGES * PAGE, 1);
  verify(other, PAGES * PAGE, 1);
  CHECK((why.lost & TJMP_LOST_SHARED) == 0);
  return ok();
}
