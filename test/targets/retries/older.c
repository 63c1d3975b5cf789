/* Three falls on one point, then the next older one, with that one's memory. */
#include "../target.h"

static volatile int state;
static struct { int at_first, at_second; } goes;

int main(void) {
  struct tjmp why;
  keep(&goes, sizeof goes);
  state = 1;
  CHECK(point(&why) == 1);
  CHECK(state == 1);
  if (why.cause == TJMP_SIGNAL) {
    goes.at_first++;
    CHECK(goes.at_second == 3 && why.rollbacks == 1);
    return ok();
  }
  state = 2;
  CHECK(point(&why) == 2);
  CHECK(state == 2);
  if (why.cause == TJMP_SIGNAL) goes.at_second++;
  CHECK(goes.at_second <= 3 && why.rollbacks == (uint64_t)goes.at_second);
  state = 3;
  fall();
  fail("went on after a fall");
}
