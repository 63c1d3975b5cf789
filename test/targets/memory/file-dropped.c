/* A page of a private file that was written, dropped and read again is the file's at the point. */
#include "../target.h"

enum { PAGES = 64 };

static int kept_step;

int main(void) {
  struct tjmp why;
  int fd = unlinked_file(PAGES * PAGE, 1);
  char *view = (char *)mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(view != MAP_FAILED);
  keep(&kept_step, sizeof kept_step);
  fill(view + PAGE, PAGE, 2);
  fill(view + 9 * PAGE, PAGE, 2);
  int older = point(&why);
  if (kept_step == 0) {
    CHECK(madvise(view, PAGES * PAGE, MADV_DONTNEED) == 0);
    verify(view, PAGES * PAGE, 1);
    int newer = point(&why);
    if (kept_step == 0) {
      kept_step = 1;
      fill(view + PAGE, PAGE, 3);
      tlongjmp(newer, 1);
    }
    verify(view, PAGES * PAGE, 1);
    kept_step = 2;
    tlongjmp(older, 1);
  }
  CHECK(kept_step == 2);
  verify(view + PAGE, PAGE, 2);
  verify(view + 9 * PAGE, PAGE, 2);
  CHECK(munmap(view, PAGE) == 0);
  return ok();
}
