/* Of a large mapping of which little is used little is looked at, and its holes stay holes. */
#include "shared.h"

enum { USED = 100 };

static const size_t size = (size_t)1 << 30;

int main(void) {
  struct tjmp why;
  char *memory = shared_anonymous(size);
  size_t step = size / USED / PAGE * PAGE;
  for (size_t i = 0; i < USED; i++) fill(memory + i * step, PAGE, i);
  int cd = point(&why);
  if (why.rollbacks == 0) {
    for (size_t i = 0; i < 2 * USED; i++) fill(memory + i * (step / 2 / PAGE * PAGE), PAGE, 1);
    CHECK(madvise(memory + step, 2 * PAGE, MADV_REMOVE) == 0);
    tlongjmp(cd, 1);
  }
  CHECK((why.lost & TJMP_LOST_SHARED) == 0 && count_present(memory, size / PAGE) == USED);
  for (size_t i = 0; i < USED; i++) verify(memory + i * step, PAGE, i);
  return ok();
}
