/* A private file mapping: pages written before the point, after it, and never read before it. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  int fd = scratch_file(8 * PAGE, 1);
  char expected[8 * 4096];
  fill(expected, sizeof expected, 1);
  char *view = (char *)mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(view != MAP_FAILED);
  fill(view, PAGE, 2);
  fill(view + PAGE, PAGE, 3);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    for (int page = 0; page < 8; page++) fill(view + page * 4096, PAGE, 9);
    fall();
  }
  verify(view, PAGE, 2);
  verify(view + PAGE, PAGE, 3);
  CHECK(memcmp(view + 2 * PAGE, expected + 2 * PAGE, 6 * PAGE) == 0);
  char file[8 * 4096];
  CHECK(pread(fd, file, sizeof file, 0) == sizeof file);
  CHECK(memcmp(file, expected, sizeof file) == 0);
  return ok();
}
