/* belay: argument 1 2 */
/* All numbers are in use at the point; one or two are closed, and others leaked, since. The closed
 * ones do not lead to what came in their place, and reading from them does not wait. */
#include "../target.h"
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
  struct tjmp why;
  struct rlimit limit = {64, 64};
  struct stat before, now;
  int pair[2], count = argc > 1 ? atoi(argv[1]) : 1;
  char byte;
  point(&why); /* the first one needs a number for a moment */
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  while (open("/dev/null", O_RDONLY) >= 0) continue;
  point(&why);
  if (why.rollbacks < 2) {
    for (int index = 0; index < count; index++) close(pair[index]);
    while (open("/dev/zero", O_RDONLY) >= 0) continue;
    fall();
  }
  CHECK(stat("/dev/zero", &before) == 0);
  for (int index = 0; index < count; index++) {
    if (fstat(pair[index], &now) != 0) continue;
    CHECK(now.st_ino != before.st_ino && read(pair[index], &byte, 1) <= 0);
  }
  return ok();
}
