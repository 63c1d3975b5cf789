/* belay: ; argument plain unforked locked shared */
/*
 * What only smaps tells of mappings goes back, though at the first point of much memory it is not
 * read in the stop: but where an image would not have it all.
 */
#include "../smaps.h"
#include "large.h"

int main(int argc, char **argv) {
  struct tjmp why;
  char before[128], after[128];
  const char *kind = argc > 1 ? argv[1] : "plain";
  char *memory = large_memory(), *advised = (char *)anonymous(8 * PAGE);
  fill(advised, 8 * PAGE, 2);
  CHECK(madvise(advised, 8 * PAGE, MADV_DONTDUMP) == 0);
  if (strcmp(kind, "unforked") == 0) CHECK(madvise(advised, 8 * PAGE, MADV_DONTFORK) == 0);
  if (strcmp(kind, "locked") == 0) CHECK(mlock(advised, 8 * PAGE) == 0);
  int protection = PROT_READ | PROT_WRITE, fd = unlinked_file(PAGE, 3);
  void *view = MAP_FAILED;
  if (strcmp(kind, "shared") == 0) view = mmap(NULL, PAGE, protection, MAP_SHARED, fd, 0);
  CHECK((view != MAP_FAILED) == (strcmp(kind, "shared") == 0));
  smaps_read();
  smaps_flags(advised, before);

  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(had_image());
    await_no_image();
    CHECK(madvise(advised, 8 * PAGE, MADV_DODUMP) == 0);
    CHECK(madvise(advised, 8 * PAGE, MADV_DOFORK) == 0);
    CHECK(munlock(advised, 8 * PAGE) == 0);
    CHECK(mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    fall();
  }
  smaps_read();
  smaps_flags(advised, after);
  if (strcmp(before, after) != 0) fail("flags%s, not%s", after, before);
  verify(advised, 8 * PAGE, 2);
  verify(memory, LARGE, 1);
  /* What a file that is shared holds does not go back. */
  if (why.lost != (view == MAP_FAILED ? 0 : TJMP_LOST_MEMORY)) fail("lost %" PRIx64, why.lost);
  return ok();
}
