/* A file that was mapped for writing is mapped at the same place for reading only since: it can be
 * written again, and what could only be read stays so. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  int fd = scratch_file(PAGE, 1);
  int only = open(scratch_names[0], O_RDONLY);
  void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(only >= 0 && memory != MAP_FAILED);
  maps_save();
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(mmap(memory, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, only, 0) == memory);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, PAGE, 1);
  fill(memory, PAGE, 2);
  return ok();
}
