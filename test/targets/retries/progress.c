/* A new point between falls is progress: the count starts anew, and no point is given up. */
#include "../target.h"

static int falls;

int main(void) {
  struct tjmp why;
  keep(&falls, sizeof falls);
  for (volatile int round = 0; round < 8; round++) {
    CHECK(point(&why) == round + 1);
    if (why.rollbacks < 2) {
      falls++;
      fall();
    }
    CHECK(falls == 2 * (round + 1));
  }
  return ok();
}
