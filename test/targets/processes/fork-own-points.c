/* A child has points of its own, and falls on them; the parent's are untouched by that. */
#include "child.h"

static uint64_t block[4096];

static void live_with_points(uint64_t seed) {
  struct tjmp why;
  fill(block, sizeof block, seed);
  int cd = point(&why);
  verify(block, sizeof block, seed);
  if (why.rollbacks < 3) {
    fill(block, sizeof block, seed + 1);
    fall();
  }
  CHECK(cd == 1 && why.cause == TJMP_SIGNAL && why.tid == getpid());
}

int main(void) {
  struct tjmp why;
  fill(block, sizeof block, 1);
  CHECK(point(&why) == 1);
  verify(block, sizeof block, 1);
  if (why.cause == TJMP_SIGNAL) return ok();
  pid_t children[6];
  for (int number = 0; number < 6; number++) {
    children[number] = fork();
    CHECK(children[number] >= 0);
    if (children[number] > 0) continue;
    live_with_points((uint64_t)number * 10 + 100);
    _exit(number + 20);
  }
  for (int number = 0; number < 6; number++) expect_exit(children[number], number + 20);
  verify(block, sizeof block, 1);
  fill(block, sizeof block, 2);
  fall();
  fail("went on after a fall");
}
