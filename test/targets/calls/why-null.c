/* `why` may be NULL: the point works all the same. */
#include "../target.h"

int main(void) {
  static volatile int value = 1;
  static volatile int falls;
  keep((void *)&falls, sizeof falls);
  CHECK(point(NULL) == 1);
  CHECK(value == 1);
  if (falls++ < 2) {
    value = 2;
    fall();
  }
  CHECK(falls == 3);
  return ok();
}
