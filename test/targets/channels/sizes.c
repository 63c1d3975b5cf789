/* Sizes of pipes are those of the point, full or empty, larger or smaller since. */
#include "channels.h"

enum { LARGE = 1 << 18, SMALL = 1 << 12 };

static char out[LARGE], in[LARGE];

static int size_of(int fd) { return fcntl(fd, F_GETPIPE_SZ); }

int main(void) {
  struct tjmp why;
  int full[2], empty[2], grown[2];
  CHECK(pipe(full) == 0 && pipe(empty) == 0 && pipe(grown) == 0);
  int usual = size_of(grown[0]);
  CHECK(fcntl(full[0], F_SETPIPE_SZ, LARGE) == LARGE);
  CHECK(fcntl(empty[0], F_SETPIPE_SZ, SMALL) == SMALL);
  fill(out, LARGE, 3);
  CHECK(write(full[1], out, LARGE) == LARGE);
  point(&why);
  if (why.rollbacks == 0) {
    CHECK(read(full[0], in, LARGE) == LARGE && fcntl(full[0], F_SETPIPE_SZ, SMALL) == SMALL);
    CHECK(fcntl(empty[0], F_SETPIPE_SZ, LARGE) == LARGE);
    CHECK(fcntl(grown[0], F_SETPIPE_SZ, LARGE) == LARGE);
    fall();
  }
  CHECK(size_of(full[0]) == LARGE && size_of(empty[1]) == SMALL && size_of(grown[0]) == usual);
  CHECK(waiting(full[0]) == LARGE && read(full[0], in, LARGE) == LARGE);
  verify(in, LARGE, 3);
  CHECK(why.lost == 0);
  return ok();
}
