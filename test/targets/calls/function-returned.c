/* The function that called tsetjmp has returned, its frame is overwritten: back all the same. */
#include "../target.h"

static __attribute__((noinline)) int make(struct tjmp *why, uint64_t seed) {
  uint64_t local[64];
  fill(local, sizeof local, seed);
  int cd = point(why);
  verify(local, sizeof local, seed);
  return cd;
}

static __attribute__((noinline)) void overwrite(void) {
  uint64_t local[2048];
  fill(local, sizeof local, 99);
  verify(local, sizeof local, 99);
}

int main(void) {
  struct tjmp why;
  int not_volatile = 5;
  int cd = make(&why, 42);
  CHECK(cd == 1 && not_volatile == 5);
  if (why.cause == TJMP_SAVED) {
    not_volatile = 6;
    overwrite();
    CHECK(not_volatile == 6);
    tlongjmp(cd, 1);
  }
  CHECK(why.cause == TJMP_LONGJMP && why.rollbacks == 1);
  return ok();
}
