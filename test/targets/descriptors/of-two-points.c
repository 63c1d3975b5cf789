/* What two points have in common stays there for the one when the other is forgotten: a file that
 * was closed and unlinked since, and which of two eventfds is which. */
#include "../target.h"
#include <sys/eventfd.h>

static int is_one(int fd, int other) {
  uint64_t count = 0;
  CHECK(eventfd_write(fd, 1) == 0);
  int is = read(other, &count, sizeof count) == sizeof count;
  if (!is) CHECK(read(fd, &count, sizeof count) == sizeof count);
  return is;
}

int main(void) {
  struct tjmp why;
  char bytes[4];
  int file = scratch_file(PAGE, 7);
  int one = eventfd(0, EFD_NONBLOCK), other = eventfd(0, EFD_NONBLOCK);
  CHECK(lseek(file, 100, SEEK_SET) == 100);
  int former = point(&why);
  int again = point(&why);
  if (why.rollbacks == 0) {
    if (tforget(former) != 0) fail("tforget: %s", strerror(errno));
    CHECK(again > former);
    CHECK(close(file) == 0 && unlink(scratch_names[0]) == 0);
    CHECK(dup2(one, other) == other && is_one(one, other));
    fall();
  }
  if ((why.lost & TJMP_LOST_DESCRIPTORS) != 0) fail("it is said to be lost");
  CHECK(lseek(file, 0, SEEK_CUR) == 100 && read(file, bytes, 4) == 4);
  if (is_one(one, other)) fail("two are one");
  return ok();
}
