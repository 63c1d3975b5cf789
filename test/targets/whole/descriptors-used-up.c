/* A file mapping is gone and no descriptor is left since the point: descriptor leaks end so. */
#include <sys/resource.h>

#include "../maps.h"

int main(void) {
  struct tjmp why;
  struct rlimit few = {64, 64};
  CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
  int fd = scratch_file(2 * PAGE, 9);
  char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(memory != MAP_FAILED && close(fd) == 0);
  fill(memory, PAGE, 1);
  maps_save();
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, 2 * PAGE) == 0);
    while (open("/dev/null", O_RDONLY) >= 0) continue;
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, PAGE, 1);
  CHECK((fd = open("/dev/null", O_RDONLY)) >= 0 && close(fd) == 0);
  return ok();
}
