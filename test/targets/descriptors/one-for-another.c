/* What leads to the same file looks the same, whether numbers share an open file or not: those that
 * did share one again, those that did not do not, whatever was made of them between two points. */
#include "../target.h"

static int opened(int flags) {
  int fd = open(scratch_names[0], flags);
  CHECK(fd >= 0);
  return fd;
}

/* Whether both move together. */
static int share(int one, int other) {
  CHECK(lseek(one, 3, SEEK_SET) == 3 && lseek(other, 3, SEEK_SET) == 3);
  CHECK(lseek(one, 5, SEEK_SET) == 5);
  int is_one = lseek(other, 0, SEEK_CUR) == 5;
  CHECK(lseek(one, 0, SEEK_SET) == 0 && lseek(other, 0, SEEK_SET) == 0);
  return is_one;
}

int main(void) {
  struct tjmp why;
  int file = scratch_file(PAGE, 1);
  int one = opened(O_RDONLY), other = opened(O_RDONLY), copy = dup(one);
  int writing = opened(O_WRONLY), both = dup(writing);
  CHECK(lseek(file, 0, SEEK_SET) == 0 && copy > 0 && both > 0);
  int former = point(&why);
  if (why.cause == TJMP_LONGJMP) {
    CHECK(!share(one, other) && share(one, copy) && share(writing, both));
    return ok();
  }
  CHECK(dup2(one, other) == other && close(copy) == 0 && opened(O_RDONLY) == copy);
  CHECK(close(both) == 0 && opened(O_WRONLY) == both);
  point(&why);
  CHECK(share(one, other) && !share(one, copy) && !share(writing, both));
  if (why.rollbacks == 0) {
    CHECK(close(other) == 0 && opened(O_RDONLY) == other && dup2(one, copy) == copy);
    CHECK(dup2(writing, both) == both);
    fall();
  }
  tlongjmp(former, 7);
  return 1;
}
