/* belay: --every 5 */
/* recv, accept and splice with SO_RCVTIMEO time out with EAGAIN, and only then. */
#include "blocking.h"
#include <sys/socket.h>
#include <sys/un.h>

static void call(long ms) {
  struct timeval limit = {0, ms / 3 * 1000};
  struct sockaddr_un nowhere = {AF_UNIX, ""};
  char byte;
  int ends[2], pipe_ends[2], listener = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  CHECK(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  CHECK(recv(ends[0], &byte, 1, 0) == -1 && errno == EAGAIN);
  CHECK(bind(listener, (struct sockaddr *)&nowhere, sizeof(sa_family_t)) == 0);
  CHECK(listen(listener, 1) == 0);
  CHECK(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  CHECK(accept(listener, NULL, NULL) == -1 && errno == EAGAIN);
  CHECK(pipe(pipe_ends) == 0);
  CHECK(splice(ends[0], NULL, pipe_ends[1], NULL, 1, 0) == -1 && errno == EAGAIN);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  close(listener);
  close(ends[0]);
  close(ends[1]);
}

int main(void) { return blocking_main(call); }
