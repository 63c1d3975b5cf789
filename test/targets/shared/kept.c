/* Of shared memory that goes back, bytes that are kept stay. */
#include "shared.h"

int main(void) {
  struct tjmp why;
  char *memory = shared_anonymous(2 * PAGE);
  strcpy(memory, "first");
  keep(memory + 100, 16);
  int cd = point(&why);
  if (why.rollbacks == 0) {
    strcpy(memory, "second");
    strcpy(memory + 100, "kept");
    tlongjmp(cd, 1);
  }
  CHECK((why.lost & TJMP_LOST_SHARED) == 0);
  CHECK(strcmp(memory, "first") == 0 && strcmp(memory + 100, "kept") == 0);
  return ok();
}
