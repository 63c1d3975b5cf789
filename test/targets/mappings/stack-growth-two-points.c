/* A point made deep in a recursion: its large stack is kept, the older point has the small one. */
#include "../maps.h"

static int first;

static __attribute__((noinline)) int recurse(int depth) {
  volatile char frame[4096];
  struct tjmp why;
  for (int index = 0; index < 4096; index += 64) frame[index] = (char)depth;
  int below = 0;
  if (depth > 0) {
    below = recurse(depth - 1);
  } else {
    point(&why);
    if (why.rollbacks < 2) fall();
  }
  for (int index = 0; index < 4096; index += 64) CHECK(frame[index] == (char)depth);
  return below + 1;
}

int main(void) {
  struct tjmp why;
  maps_save();
  first = point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(recurse(800) == 801);
    tlongjmp(first, 1);
    fail("tlongjmp came back: errno %d", errno);
  }
  CHECK(why.cause == TJMP_LONGJMP);
  maps_verify();
  CHECK(recurse(900) == 901);
  return ok();
}
