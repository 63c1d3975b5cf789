/* belay: argument pipe socket */
/* What has O_ASYNC signals what others do, and nothing that belay does there; it is on behind a
 * rollback. */
#include "channels.h"

static volatile sig_atomic_t count;

static void handler(int signo) { (void)signo, count++; }

int main(int argc, char **argv) {
  struct tjmp why;
  int ends[2], is_pipe = argc < 2 || argv[1][0] == 'p';
  CHECK(signal(SIGIO, handler) != SIG_ERR && signal(SIGPIPE, handler) != SIG_ERR);
  CHECK((is_pipe ? pipe(ends) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) == 0);
  put(ends[1], "was there");
  for (int index = 0; index < 2; index++) {
    CHECK(fcntl(ends[index], F_SETOWN, getpid()) == 0);
    CHECK(fcntl(ends[index], F_SETFL, fcntl(ends[index], F_GETFL) | O_ASYNC) == 0);
  }
  count = 0;
  point(&why);
  if (why.rollbacks == 0) {
    CHECK(count == 0);
    expect(ends[0], "was there"), put(ends[1], "later");
    CHECK(count > 0);
    fall();
  }
  if (count != 0) fail("%d signals", count);
  CHECK((fcntl(ends[0], F_GETFL) & O_ASYNC) != 0 && (fcntl(ends[1], F_GETFL) & O_ASYNC) != 0);
  expect(ends[0], "was there");
  CHECK(why.lost == 0 && waiting(ends[0]) == 0);
  count = 0, put(ends[1], "more");
  CHECK(count > 0);
  return ok();
}
