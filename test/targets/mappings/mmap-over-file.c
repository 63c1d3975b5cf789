/* Anonymous memory put over a file mapping, and a file over anonymous memory. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  int fd = scratch_file(8 * PAGE, 1), other = scratch_file(8 * PAGE, 5);
  char *view = (char *)mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char *memory = (char *)anonymous(8 * PAGE);
  CHECK(view != MAP_FAILED);
  fill(memory, 8 * PAGE, 2);
  fill(view, PAGE, 3);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mmap(view, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
               0) == view);
    fill(view, 8 * PAGE, 7);
    CHECK(mmap(memory, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, other, 0) ==
          memory);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 8 * PAGE, 2);
  verify(view, PAGE, 3);
  uint64_t page[512];
  CHECK(pread(fd, page, PAGE, 4096) == 4096 && memcmp(page, view + PAGE, PAGE) == 0);
  return ok();
}
