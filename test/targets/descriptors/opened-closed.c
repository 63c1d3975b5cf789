/* Descriptors opened since the point are closed; those of the point are open and usable. */
#include "../target.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

int main(void) {
  struct tjmp why;
  static int was_open[600];
  int ends[2], before = scratch_file(PAGE, 1);
  CHECK(pipe(ends) == 0);
  for (int fd = 0; fd < 600; fd++) was_open[fd] = fcntl(fd, F_GETFD) != -1;
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && eventfd(0, 0) >= 0);
    CHECK(open("/dev/null", O_RDWR) >= 0 && epoll_create1(0) >= 0 && dup(before) >= 0);
    CHECK(dup2(before, 500) == 500);
    fall();
  }
  for (int fd = 0; fd < 600; fd++) {
    if (was_open[fd] != (fcntl(fd, F_GETFD) != -1)) fail("descriptor %d: open or not", fd);
  }
  char byte = 0;
  CHECK(write(ends[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'x');
  CHECK(pread(before, &byte, 1, 0) == 1);
  CHECK(open("/dev/null", O_RDONLY) == ends[1] + 1);
  return ok();
}
