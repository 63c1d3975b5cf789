/* exec drops points and kept ranges: EBADF afterwards, numbers from 1, and new ones work. */
#include "../target.h"

int main(int argc, char **argv) {
  struct tjmp why;
  if (argc == 1) {
    static int kept;
    keep(&kept, sizeof kept);
    CHECK(point(NULL) == 1 && point(NULL) == 2);
    execl(argv[0], argv[0], "again", (char *)NULL);
    fail("exec: errno %d", errno);
  }
  CHECK(tlongjmp(1, 1) == -1 && errno == EBADF);
  CHECK(tlongjmp(2, 1) == -1 && errno == EBADF);
  static volatile int value = 1;
  CHECK(point(&why) == 1 && value == 1);
  value = 2;
  if (why.rollbacks < 2) fall();
  return ok();
}
