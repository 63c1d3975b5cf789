/* The offset of a regular file is that of the point, also where two descriptors share it. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  char bytes[300];
  int fd = scratch_file(PAGE, 1);
  CHECK(lseek(fd, 100, SEEK_SET) == 100);
  int same = dup(fd);
  CHECK(point(&why) == 1);
  CHECK(lseek(fd, 0, SEEK_CUR) == 100 && lseek(same, 0, SEEK_CUR) == 100);
  if (why.rollbacks < 2) {
    CHECK(read(same, bytes, sizeof bytes) == sizeof bytes);
    CHECK(lseek(fd, 50, SEEK_CUR) == 450);
    fall();
  }
  CHECK(read(fd, bytes, 1) == 1 && lseek(same, 0, SEEK_CUR) == 101);
  return ok();
}
