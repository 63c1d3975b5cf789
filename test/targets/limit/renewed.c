/* belay: --memory 6M; argument small large */
/* What was mapped anew for a refused point is as before after a rollback, and after another. */
#include "../target.h"

enum { USED = 2, MORE = 4 };

static void renew(char *memory, int seed) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  CHECK(mmap(memory, MIB, PROT_READ | PROT_WRITE, flags, -1, 0) == memory);
  memset(memory, seed, 2 * MIB);
}

static void check(const char *memory) {
  verify(memory, MIB / 2, 1);
  verify_zero(memory + MIB / 2, MIB / 2);
  verify(memory + MIB, MIB, 2);
}

int main(int argc, char **argv) {
  struct tjmp why;
  CHECK(argc == 2);
  size_t size = strcmp(argv[1], "large") == 0 ? 32 * MIB : USED * MIB;
  char *memory = (char *)anonymous(size);
  char *more = (char *)anonymous(MORE * MIB);
  memset(more, 1, MORE * MIB);
  fill(memory, MIB / 2, 1);
  fill(memory + MIB, MIB, 2);
  point(&why);
  check(memory);
  if (why.rollbacks == 0) {
    renew(memory, 3);
    memset(more, 2, MORE * MIB);
    CHECK(tsetjmp(NULL) == -1 && errno == ENOMEM);
    fall();
  }
  if (why.rollbacks > 1) return ok();
  point(&why);
  check(memory);
  if (why.rollbacks > 0) return ok();
  memset(memory, 4, USED * MIB);
  fall();
  return 1;
}
