/* What was in a pipe at the point, and was too much to be taken down, is named when it is gone:
 * also where the pipe is empty then, as one of which nothing is known looks. */
#include "channels.h"

enum { PIPES = 20 };

static char bytes[1 << 20];

static void empty(int fd) {
  while (waiting(fd) > 0) CHECK(read(fd, bytes, sizeof bytes) > 0);
}

int main(void) {
  struct tjmp why;
  int pipes[PIPES][2];
  for (int index = 0; index < PIPES; index++) {
    CHECK(pipe(pipes[index]) == 0);
    int size = fcntl(pipes[index][1], F_SETPIPE_SZ, sizeof bytes);
    CHECK(size == sizeof bytes && write(pipes[index][1], bytes, sizeof bytes) == size);
  }
  point(&why);
  if (why.rollbacks == 0) {
    for (int index = 0; index < PIPES; index++) empty(pipes[index][0]);
    fall();
  }
  int left = 0;
  for (int index = 0; index < PIPES; index++) left += waiting(pipes[index][0]) > 0;
  CHECK(left > 0 && left < PIPES);
  CHECK(has_lost(&why));
  return ok();
}
