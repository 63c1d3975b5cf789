/* belay: --memory 8M */
/* What is written again between points that are refused counts once: the next one fits. */
#include "../target.h"

enum { USED = 5, ROUNDS = 4 };

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(USED * MIB);
  point(NULL);
  memset(memory, 1, USED * MIB);
  int second = point(NULL);
  for (int round = 2; round < 2 + ROUNDS; round++) {
    memset(memory, round, USED * MIB);
    CHECK(tsetjmp(NULL) == -1 && errno == ENOMEM);
  }
  CHECK(tforget(second) == 0);
  fill(memory, USED * MIB, 3);
  point(&why);
  verify(memory, USED * MIB, 3);
  if (why.rollbacks > 0) return ok();
  memset(memory, 1, USED * MIB);
  fall();
  return 1;
}
