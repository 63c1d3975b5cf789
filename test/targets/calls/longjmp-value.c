/* tlongjmp's value arrives as it was given, with the cause, the same descriptor and the count. */
#include "../target.h"
#include <limits.h>

int main(void) {
  static const int values[] = {7, 0, -1, INT_MIN, INT_MAX};
  struct tjmp why;
  int cd = point(&why);
  CHECK(why.size == sizeof why && cd == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(why.rollbacks == 0 && why.signo == 0 && why.address == 0 && why.value == 0);
  } else {
    CHECK(why.cause == TJMP_LONGJMP && why.rollbacks >= 1 && why.rollbacks <= 5);
    CHECK(why.value == values[why.rollbacks - 1]);
    CHECK(why.signo == 0);
  }
  if (why.rollbacks < 5) {
    tlongjmp(cd, values[why.rollbacks]);
    fail("tlongjmp came back: errno %d", errno);
  }
  return ok();
}
