/* A buffer overrun as it happens: hostile input copied over the return address and far on. */
#include "../target.h"

static char hostile[20000];

static __attribute__((noinline)) int greet(const char *volatile input) {
  char name[16];
  char *volatile to = name;
  const char *from = input;
  for (char *at = to; (*at = *from) != 0; at++) from++;
  return name[0];
}

int main(void) {
  struct tjmp why;
  uint64_t local[256];
  fill(local, sizeof local, 1);
  memset(hostile, 0x41, sizeof hostile - 1);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) greet(hostile);
  CHECK(why.cause == TJMP_SIGNAL && why.rollbacks == 1);
  verify(local, sizeof local, 1);
  CHECK(greet("you") == 'y');
  return ok();
}
