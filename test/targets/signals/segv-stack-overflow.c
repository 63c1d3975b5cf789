/* Endless recursion: the stack has grown to its limit, and is the size of before again. */
#include "../maps.h"

static __attribute__((noinline)) int recurse(volatile char *previous) {
  volatile char frame[4096];
  frame[0] = previous[0];
  if (frame[0] != 1) return 0;
  return recurse(frame) + frame[0];
}

int main(void) {
  struct tjmp why;
  volatile char first[8] = {1};
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) return recurse(first);
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGSEGV);
  maps_verify();
  return ok();
}
