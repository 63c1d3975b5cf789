/* 1,000 live points of a 100 MB program, 10 pages between them; back to some, to the byte. */
#include "../target.h"

#define POINTS 1000
#define PAGES 25600
#define STEP 10

static unsigned char *heap;
static uint64_t *goes;

static void write_step(int step) {
  for (int index = 0; index < STEP; index++) {
    int page = (step * 7919 + index * 2503) % PAGES;
    fill(heap + (size_t)page * PAGE, PAGE, (uint64_t)step * 100000 + (uint64_t)page);
  }
}

static void check(int cd) {
  static uint64_t expected[PAGES];
  for (int page = 0; page < PAGES; page++) expected[page] = 0;
  for (int step = 1; step <= cd; step++) {
    for (int index = 0; index < STEP; index++) {
      expected[(step * 7919 + index * 2503) % PAGES] = (uint64_t)step;
    }
  }
  for (int page = 0; page < PAGES; page++) {
    verify(heap + (size_t)page * PAGE, PAGE, expected[page] * 100000 + (uint64_t)page);
  }
}

int main(void) {
  struct tjmp why;
  heap = (unsigned char *)anonymous(PAGES * PAGE);
  goes = (uint64_t *)anonymous(PAGE);
  for (int page = 0; page < PAGES; page++) fill(heap + (size_t)page * PAGE, PAGE, (uint64_t)page);
  keep(goes, 8);
  for (int step = 1; step <= POINTS; step++) {
    write_step(step);
    CHECK(point(&why) == step);
    if (why.cause == TJMP_SAVED) continue;
    check(step);
    fill(heap, 100 * PAGE, 5);
    int back = (int)(*goes == 1 ? 700 : *goes == 2 ? 351 : *goes == 3 ? 350 : 1);
    *goes += 1;
    if (step == 1) return ok();
    CHECK(tlongjmp(step + 1, 0) == -1 && errno == EBADF);
    tlongjmp(back, 1);
  }
  *goes = 1;
  tlongjmp(POINTS - 3, 1);
  fail("tlongjmp came back: errno %d", errno);
}
