/* belay: --memory 4M */
/* Guard pages that a refused point has seen, and that are none any more, are none of the next. */
#include "../target.h"

enum { INSTALL = 102 };

int main(void) {
  struct tjmp why;
  size_t size = 2 * MIB;
  char *memory = (char *)anonymous(size), *much = (char *)anonymous(8 * MIB);
  fill(memory, size, 1);
  fill(much, 8 * MIB, 2);
  int has_guards = madvise(memory, size / 2, INSTALL) == 0;
  if (!has_guards) CHECK(errno == EINVAL);
  CHECK(tsetjmp(NULL) == -1 && (errno == ENOMEM || errno == ENOSYS));
  CHECK(munmap(much, 8 * MIB) == 0);
  int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  CHECK(mmap(memory, size, PROT_READ | PROT_WRITE, how, -1, 0) == memory);
  fill(memory, size, 3);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    memset(memory, 1, size);
    fall();
  }
  verify(memory, size, 3);
  CHECK(why.lost == 0);
  return ok();
}
