/* belay: --memory 32M; argument forget fall */
/* A point that does not fit is refused: older ones and the next one are as exact as ever. */
#include "../target.h"

enum { SIZE = 20, PART = 1 };

static void refuse(char *memory) {
  fill(memory, SIZE * MIB, 2);
  for (int round = 0; round < 3; round++) CHECK(tsetjmp(NULL) == -1 && errno == ENOMEM);
}

/* The only point goes: there is room for another. */
static void forget_first(char *memory, int first) {
  struct tjmp why;
  CHECK(tforget(first) == 0);
  point(&why);
  verify(memory, SIZE * MIB, 2);
  if (why.rollbacks == 2) return;
  memset(memory, 1, SIZE * MIB);
  fall();
}

static void go_back(char *memory) {
  struct tjmp why;
  verify(memory, SIZE * MIB, 1);
  fill(memory, PART * MIB, 3);
  point(&why);
  verify(memory, PART * MIB, 3);
  memset(memory, 1, PART * MIB);
  if (why.rollbacks == 2) return;
  memset(memory, 1, SIZE * MIB);
  fall();
}

int main(int argc, char **argv) {
  struct tjmp why;
  CHECK(argc == 2);
  char *memory = (char *)anonymous(SIZE * MIB);
  fill(memory, SIZE * MIB, 1);
  int first = point(&why);
  if (why.rollbacks == 0) refuse(memory);
  if (strcmp(argv[1], "forget") == 0) {
    forget_first(memory, first);
    return ok();
  }
  if (why.rollbacks == 0) fall();
  go_back(memory);
  return ok();
}
