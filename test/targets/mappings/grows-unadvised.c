/* A mapping that grows down comes back without advice that it did not have: MAP_STACK, too, keeps
 * the kernel from giving it huge pages, for ever. */
#include "../smaps.h"

#define SIZE (16 * PAGE)

int main(void) {
  struct tjmp why;
  static char before[128], after[128];
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN;
  char *memory = (char *)mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
  CHECK(memory != MAP_FAILED);
  fill(memory, SIZE, 1);
  smaps_read();
  smaps_flags(memory, before);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, SIZE) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && why.lost == 0);
  smaps_read();
  smaps_flags(memory, after);
  if (strcmp(before, after) != 0) fail("was%s, is%s", before, after);
  verify(memory, SIZE, 1);
  return ok();
}
