/* belay: --memory 10M; argument before after */
/* What a refused point has found in a large mapping for the first time is gone after a rollback. */
#include "../target.h"

enum { SIZE = 64, USED = 4 };

/* Before anything is protected it is known that 8 MiB do not fit; of twice 4 it is not. */
static size_t more = 8 * MIB;

static void next_point(char *memory) {
  struct tjmp why;
  fill(memory + 16 * MIB, MIB, 3);
  point(&why);
  verify(memory + 16 * MIB, MIB, 3);
  verify_zero(memory + 20 * MIB, MIB);
  if (why.rollbacks == 1) return;
  memset(memory + 16 * MIB, 1, 8 * MIB);
  fall();
}

int main(int argc, char **argv) {
  struct tjmp why;
  CHECK(argc == 2);
  char *memory = (char *)anonymous(SIZE * MIB);
  fill(memory, USED * MIB, 1);
  point(&why);
  if (why.rollbacks == 0) {
    if (strcmp(argv[1], "after") == 0) {
      more = 4 * MIB;
      fill(memory, USED * MIB, 2);
    }
    memset(memory + 16 * MIB, 2, more);
    for (int round = 0; round < 2; round++) CHECK(tsetjmp(NULL) == -1 && errno == ENOMEM);
    fall();
  }
  verify(memory, USED * MIB, 1);
  verify_zero(memory + 16 * MIB, 8 * MIB);
  /* To read a hole may fill it. */
  CHECK(madvise(memory + 16 * MIB, 8 * MIB, MADV_DONTNEED) == 0);
  next_point(memory);
  return ok();
}
