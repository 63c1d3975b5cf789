/* tforget in the middle: the points on both sides keep every page they need. */
#include "../target.h"

#define PAGES 64
static uint64_t block[PAGES][512];

static void change(uint64_t seed, int from, int to) {
  for (int page = from; page < to; page++) fill(block[page], PAGE, seed * 1000 + (uint64_t)page);
}

static void expect(uint64_t seed, int from, int to) {
  for (int page = from; page < to; page++) verify(block[page], PAGE, seed * 1000 + (uint64_t)page);
}

int main(void) {
  struct tjmp why;
  change(1, 0, PAGES);
  int first = point(&why);
  if (why.cause != TJMP_SAVED) {
    expect(1, 0, PAGES);
    return ok();
  }
  change(2, 0, 30);
  int second = point(NULL);
  change(3, 20, 50);
  int third = point(&why);
  expect(2, 0, 20);
  expect(3, 20, 50);
  expect(1, 50, PAGES);
  if (why.cause == TJMP_SAVED) {
    CHECK(tforget(second) == 0);
    change(4, 0, PAGES);
    tlongjmp(third, 1);
    fail("tlongjmp came back: errno %d", errno);
  }
  CHECK(tforget(second) == -1 && errno == EBADF);
  tlongjmp(first, 1);
  fail("tlongjmp came back: errno %d", errno);
}
