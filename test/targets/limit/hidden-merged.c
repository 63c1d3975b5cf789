/* belay: --memory 8M; argument private shared */
/* What points that are forgotten have left to the one that is the base of the next goes with it. */
#include "../target.h"

enum { USED = 6, ROUNDS = 3 };

int main(int argc, char **argv) {
  struct tjmp why;
  int kind = argc > 1 && strcmp(argv[1], "shared") == 0 ? MAP_SHARED : MAP_PRIVATE;
  char *memory = mmap(NULL, USED * MIB, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  for (int round = 0; round < ROUNDS; round++) {
    memset(memory, round, USED * MIB);
    CHECK(tforget(point(NULL)) == 0);
    memset(memory, round, PAGE);
    CHECK(tforget(point(NULL)) == 0);
  }
  fill(memory, USED * MIB, 3);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    memset(memory, 1, USED * MIB);
    fall();
  }
  verify(memory, USED * MIB, 3);
  return ok();
}
