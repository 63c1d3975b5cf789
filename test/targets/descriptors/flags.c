/* Status flags and close-on-exec are those of the point. */
#include "../target.h"
#include <sys/socket.h>

int main(void) {
  struct tjmp why;
  int pair[2], file = scratch_file(0, 0);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(fcntl(pair[0], F_SETFL, 0) == 0 && fcntl(pair[1], F_SETFD, FD_CLOEXEC) == 0);
    CHECK(fcntl(file, F_SETFL, O_APPEND) == 0);
    fall();
  }
  CHECK((fcntl(pair[0], F_GETFL) & O_NONBLOCK) != 0 && fcntl(pair[1], F_GETFD) == 0);
  CHECK((fcntl(file, F_GETFL) & O_APPEND) == 0 && why.lost == 0);
  return ok();
}
