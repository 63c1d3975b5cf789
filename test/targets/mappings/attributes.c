/* belay: ; argument unmapped advised */
/* What only smaps shows of a mapping (locks, advice, growth, reserve) is that of the point. */
#include "../smaps.h"

#define WIPEONFORK 18

static const int advice[] = {
    MADV_NORMAL, MADV_DONTFORK,   WIPEONFORK,  MADV_DONTDUMP,   MADV_HUGEPAGE,
    MADV_RANDOM, MADV_NOHUGEPAGE, MADV_NORMAL, MADV_SEQUENTIAL, MADV_MERGEABLE,
};
enum { COUNT = sizeof advice / sizeof *advice, LOCKED = 0, ON_FAULT = 1, RESERVED = 7, ONE = 32 };

static char *places[COUNT];
static char before[COUNT][128];

/* Between holes, so that no neighbour joins it. */
static char *alone(int flags) {
  char *hole = (char *)mmap(NULL, (ONE + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(hole != MAP_FAILED);
  munmap(hole, (ONE + 2) * PAGE);
  char *place = (char *)mmap(hole + PAGE, ONE * PAGE, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);
  CHECK(place == hole + PAGE);
  munmap(hole, PAGE);
  munmap(hole + (ONE + 1) * PAGE, PAGE);
  return place;
}

static void prepare(void) {
  for (int index = 0; index < COUNT; index++) {
    places[index] = alone(index == RESERVED ? MAP_NORESERVE : 0);
    fill(places[index], PAGE, (uint64_t)index);
    madvise(places[index], ONE * PAGE, advice[index]);
  }
  CHECK(mlock(places[LOCKED], ONE * PAGE) == 0);
  CHECK(mlock2(places[ON_FAULT], ONE * PAGE, MLOCK_ONFAULT) == 0);
  smaps_read();
  for (int index = 0; index < COUNT; index++) smaps_flags(places[index], before[index]);
}

static void change(int index, int is_unmapped) {
  char *place = places[index];
  if (is_unmapped) {
    CHECK(munmap(place, index % 2 == 0 ? ONE * PAGE : PAGE) == 0);
    return;
  }
  munlock(place, ONE * PAGE);
  madvise(place, ONE * PAGE, index == 0 ? MADV_SEQUENTIAL : MADV_NORMAL);
  madvise(place, ONE * PAGE, index == 3 ? MADV_DODUMP : MADV_DONTDUMP);
  madvise(place, PAGE, index == 1 ? MADV_DOFORK : MADV_DONTFORK);
  madvise(place, ONE * PAGE, index == 4 ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
  madvise(place, ONE * PAGE, index == 2 ? 19 : WIPEONFORK);
  if (index == 5) CHECK(mlock(place, PAGE) == 0);
}

int main(int argc, char **argv) {
  struct tjmp why;
  int is_unmapped = argc > 1 && strcmp(argv[1], "unmapped") == 0;
  prepare();
  point(&why);
  if (why.cause == TJMP_SAVED) {
    for (int index = 0; index < COUNT; index++) change(index, is_unmapped);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && why.lost == 0);
  smaps_read();
  for (int index = 0; index < COUNT; index++) {
    char after[128];
    smaps_flags(places[index], after);
    if (strcmp(before[index], after) != 0) fail("%d:%s, not%s", index, after, before[index]);
    verify(places[index], PAGE, (uint64_t)index);
  }
  return ok();
}
