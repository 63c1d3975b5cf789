/* Unmapped, the file unlinked and closed long ago: content and name in maps are there again. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  int fd = unlinked_file(8 * PAGE, 1);
  char *view = (char *)mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(view != MAP_FAILED && close(fd) == 0);
  fill(view + 3 * PAGE, PAGE, 2);
  uint64_t first = *(uint64_t *)view;
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(view, 8 * PAGE) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  CHECK(*(uint64_t *)view == first);
  verify(view + 3 * PAGE, PAGE, 2);
  return ok();
}
