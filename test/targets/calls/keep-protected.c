/* Kept bytes stay, though their page was protected since, or was so at the point. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  char *hidden = (char *)anonymous(PAGE);
  char *frozen = (char *)anonymous(PAGE);
  char *gone = (char *)anonymous(PAGE);
  keep(hidden, 64);
  keep(frozen, 64);
  keep(gone, 64);
  strcpy(frozen, "before");
  CHECK(mprotect(frozen, PAGE, PROT_READ) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(mprotect(frozen, PAGE, PROT_READ | PROT_WRITE) == 0);
    strcpy(hidden, "hidden");
    strcpy(frozen, "frozen");
    CHECK(mprotect(hidden, PAGE, PROT_NONE) == 0);
    CHECK(munmap(gone, PAGE) == 0);
    fall();
  }
  CHECK(strcmp(hidden, "hidden") == 0 && strcmp(frozen, "frozen") == 0);
  verify_zero(gone, PAGE);
  /* What was no longer mapped could not be kept: that is said. */
  CHECK((why.lost & TJMP_LOST_MEMORY) != 0);
  return ok();
}
