/* belay: --memory 32M */
/* A program that does not fit has no points, and no image is made. It has one when it fits. */
#include "../first/large.h"

int main(void) {
  struct tjmp why;
  char *memory = large_memory();
  int cd = tsetjmp(NULL);
  if (cd == -1 && errno == ENOSYS) {
    fprintf(stderr, "tsetjmp: %s\n", strerror(errno));
    return 3;
  }
  CHECK(cd == -1 && errno == ENOMEM && !had_image());
  CHECK(tsetjmp(NULL) == -1 && errno == ENOMEM && !had_image());
  CHECK(munmap(memory + 24 * MIB, LARGE - 24 * MIB) == 0);
  point(&why);
  verify(memory, 24 * MIB, 1);
  if (why.rollbacks == 0) {
    CHECK(had_image());
    memset(memory, 1, 24 * MIB);
    fall();
  }
  return ok();
}
