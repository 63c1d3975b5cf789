/* belay: --every 5 */
/* send to a full socket with SO_SNDTIMEO times out with EAGAIN, and only then. */
#include "blocking.h"
#include <sys/socket.h>

static void call(long ms) {
  struct timeval limit = {0, ms * 1000};
  static char bytes[65536];
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  while (send(ends[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
  CHECK(errno == EAGAIN);
  CHECK(setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
  CHECK(send(ends[0], bytes, 1, 0) == -1 && errno == EAGAIN);
  close(ends[0]);
  close(ends[1]);
}

int main(void) { return blocking_main(call); }
