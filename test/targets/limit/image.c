/* belay: --memory 64M */
/* So large a first point is copied while the program runs: its pages count from the beginning. */
#include "../first/large.h"

enum { MORE = 20 };

int main(void) {
  struct tjmp why;
  char *memory = large_memory();
  char *more = (char *)anonymous(MORE * MIB);
  point(&why);
  if (why.rollbacks == 0) {
    CHECK(had_image());
    fill(more, MORE * MIB, 2);
    fill(memory, 4 * MIB, 2);
    CHECK(tsetjmp(NULL) == -1 && errno == ENOMEM);
    fall();
  }
  await_no_image();
  verify(memory, LARGE, 1);
  verify_zero(more, MORE * MIB);
  return ok();
}
