/* A shared file mapping, unmapped: it is back, and shared with the file. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  int fd = scratch_file(8 * PAGE, 1);
  char *view = (char *)mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(view != MAP_FAILED);
  verify(view, 8 * PAGE, 1);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(view, 8 * PAGE) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(view, 8 * PAGE, 1);
  uint64_t word = 77;
  CHECK(pwrite(fd, &word, 8, 4096) == 8 && *(volatile uint64_t *)(view + PAGE) == 77);
  return ok();
}
