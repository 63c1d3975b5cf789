/* belay: argument alone renewed */
/* That one way of a pair was shut down since cannot be undone, and is told: also where another
 * descriptor was closed since, and is made anew. The other way goes back. */
#include "channels.h"
#include <sys/eventfd.h>

int main(int argc, char **argv) {
  int is_renewed = argc > 1 && argv[1][0] == 'r', pair[2], other = eventfd(0, 0);
  struct tjmp why;
  CHECK(other >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  put(pair[1], "answer");
  point(&why);
  if (why.rollbacks == 0) {
    expect(pair[0], "answer");
    CHECK(shutdown(pair[0], SHUT_WR) == 0);
    if (is_renewed) close(other);
    fall();
  }
  CHECK(has_lost(&why));
  expect(pair[0], "answer"), expect(pair[1], "");
  return ok();
}
