/* What is in pipes is what was there at the point: consumed since, written since, both, neither. */
#include "channels.h"

int main(void) {
  struct tjmp why;
  int consumed[2], written[2], both[2], empty[2], left[2];
  CHECK(pipe(consumed) == 0 && pipe(written) == 0 && pipe(both) == 0 && pipe(empty) == 0);
  CHECK(pipe(left) == 0);
  put(consumed[1], "consumed"), put(both[1], "one,two"), put(left[1], "left");
  point(&why);
  if (why.rollbacks < 3) {
    expect(consumed[0], "consumed");
    CHECK(waiting(both[0]) == 7 && waiting(written[0]) == 0 && waiting(empty[0]) == 0);
    put(written[1], "written"), put(both[1], ",three");
    expect(both[0], "one,two,three");
    put(both[1], "four"), put(empty[1], "x");
    expect(empty[0], "x");
    fall();
  }
  expect(consumed[0], "consumed"), expect(both[0], "one,two"), expect(left[0], "left");
  CHECK(waiting(consumed[0]) == 0 && waiting(both[0]) == 0 && waiting(left[0]) == 0);
  CHECK(waiting(written[0]) == 0 && waiting(empty[0]) == 0 && why.lost == 0);
  return ok();
}
