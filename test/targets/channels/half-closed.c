/* A pair of which one way was shut down at the point: what was left in it is as it was where nobody
 * has taken it, and the other way goes back. */
#include "channels.h"

int main(void) {
  struct tjmp why;
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  put(pair[0], "last"), put(pair[1], "answer");
  CHECK(shutdown(pair[0], SHUT_WR) == 0);
  point(&why);
  if (why.rollbacks == 0) {
    expect(pair[0], "answer");
    put(pair[1], "more");
    fall();
  }
  CHECK(why.lost == 0);
  expect(pair[0], "answer"), expect_empty(pair[0]);
  expect(pair[1], "last"), expect(pair[1], "");
  return ok();
}
