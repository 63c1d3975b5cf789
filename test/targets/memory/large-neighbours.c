/* belay: */
/* Large mappings that lie side by side: a piece of 2 MiB in which one ends and the next begins has
 * pages of both. */
#include "../target.h"

enum { COUNT = 4, EDGE = 16 };

static const size_t size = 8 * MIB;
static char *parts[COUNT];

static void fill_edges(uint64_t seed) {
  for (int number = 0; number < COUNT; number++) {
    fill(parts[number], EDGE * PAGE, seed + (uint64_t)number);
    fill(parts[number] + size - EDGE * PAGE, EDGE * PAGE, seed + COUNT + (uint64_t)number);
  }
}

static void verify_edges(uint64_t seed) {
  for (int number = 0; number < COUNT; number++) {
    verify(parts[number], EDGE * PAGE, seed + (uint64_t)number);
    verify(parts[number] + size - EDGE * PAGE, EDGE * PAGE, seed + COUNT + (uint64_t)number);
  }
}

int main(void) {
  struct tjmp why;
  char *all = (char *)anonymous(COUNT * (size + PAGE));
  for (int number = 0; number < COUNT; number++) {
    parts[number] = all + (size_t)number * (size + PAGE) + PAGE;
    CHECK(mprotect(parts[number] - PAGE, PAGE, PROT_NONE) == 0);
  }
  fill_edges(1);
  point(&why);
  verify_edges(1);
  if (why.rollbacks < 2) {
    if (why.rollbacks == 0) fill_edges(100);
    else CHECK(madvise(all, COUNT * (size + PAGE), MADV_DONTNEED) == 0);
    fall();
  }
  CHECK(why.lost == 0);
  return ok();
}
