/* Pages of a private file that were written come back though the file has been truncated. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  int fd = unlinked_file(8 * PAGE, 1);
  char *view = (char *)mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(view != MAP_FAILED);
  fill(view + PAGE, 2 * PAGE, 2);
  fill(view + 6 * PAGE, PAGE, 3);
  point(&why);
  if (why.cause == TJMP_SAVED || why.rollbacks < 3) {
    CHECK(ftruncate(fd, (off_t)PAGE) == 0);
    if (why.cause == TJMP_SAVED) view[2 * PAGE] = 1;
    fall();
  }
  verify(view + PAGE, 2 * PAGE, 2);
  verify(view + 6 * PAGE, PAGE, 3);
  /* They are no longer the file's: that is said. */
  CHECK((why.lost & TJMP_LOST_MEMORY) != 0);
  return ok();
}
