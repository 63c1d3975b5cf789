/* A private file mapping with written pages, unmapped: file and written pages are both there. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  int fd = scratch_file(8 * PAGE, 1);
  char *view = (char *)mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(view != MAP_FAILED);
  fill(view + 3 * PAGE, PAGE, 2);
  uint64_t first = *(uint64_t *)view, last = *(uint64_t *)(view + 8 * PAGE - 8);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    fill(view + 4 * PAGE, PAGE, 3);
    CHECK(munmap(view, 8 * PAGE) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  CHECK(*(uint64_t *)view == first && *(uint64_t *)(view + 8 * PAGE - 8) == last);
  verify(view + 3 * PAGE, PAGE, 2);
  uint64_t page[512];
  CHECK(pread(fd, page, PAGE, 4 * 4096) == 4096 && memcmp(page, view + 4 * PAGE, PAGE) == 0);
  return ok();
}
