/* belay: argument read none locked */
/* Memory that may only be read now, or not at all, or is locked, goes back all the same. */
#include "shared.h"

enum { PAGES = 8 };

int main(int argc, char **argv) {
  struct tjmp why;
  const char *how = argc > 1 ? argv[1] : "read";
  char *memory = shared_anonymous(PAGES * PAGE);
  fill(memory, 4 * PAGE, 1);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    fill(memory, PAGES * PAGE, 2);
    CHECK(madvise(memory + PAGE, PAGE, MADV_REMOVE) == 0);
    if (strcmp(how, "read") == 0) CHECK(mprotect(memory, PAGES * PAGE, PROT_READ) == 0);
    if (strcmp(how, "none") == 0) CHECK(mprotect(memory, 2 * PAGE, PROT_NONE) == 0);
    if (strcmp(how, "locked") == 0) CHECK(mlock(memory, PAGES * PAGE) == 0);
    fall();
  }
  CHECK((why.lost & (TJMP_LOST_SHARED | TJMP_LOST_MEMORY)) == 0);
  verify(memory, 4 * PAGE, 1);
  verify_zero(memory + 4 * PAGE, 4 * PAGE);
  fill(memory, PAGES * PAGE, 3);
  return ok();
}
