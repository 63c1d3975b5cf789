/* The limit on descriptors was lowered since, below the number that was closed: it comes back, and
 * so does the limit. */
#include "../target.h"
#include <sys/resource.h>
#include <sys/socket.h>

int main(void) {
  struct tjmp why;
  struct rlimit limit, now;
  char byte;
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && dup2(pair[0], 200) == 200);
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max > 300);
  close(pair[0]);
  close(pair[1]);
  point(&why);
  if (why.rollbacks < 2) {
    close(200);
    now = limit;
    now.rlim_cur = 64;
    CHECK(setrlimit(RLIMIT_NOFILE, &now) == 0);
    fall();
  }
  CHECK(read(200, &byte, 1) == 0);
  CHECK(getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == limit.rlim_cur);
  return ok();
}
