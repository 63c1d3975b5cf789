/* Output redirected since, as shells and test runners do it: the number has its own file again,
 * which was kept aside, or shared with another number, or has changed places with one. */
#include "../target.h"
#include <sys/stat.h>

static ino_t inode_of(int fd) {
  struct stat status;
  CHECK(fstat(fd, &status) == 0);
  return status.st_ino;
}

int main(void) {
  struct tjmp why;
  int ends[2], other[2], shared[2];
  ino_t inodes[5];
  CHECK(pipe(ends) == 0 && pipe(other) == 0 && pipe(shared) == 0);
  int twin = dup(shared[1]), left = ends[0], right = other[0];
  int numbers[5] = {ends[1], other[1], shared[1], left, right};
  for (int index = 0; index < 5; index++) inodes[index] = inode_of(numbers[index]);
  CHECK(point(&why) > 0);
  if (why.rollbacks < 2) {
    CHECK(dup(ends[1]) > twin);                                       /* kept aside */
    CHECK(dup2(other[1], ends[1]) == ends[1]);
    CHECK(dup2(other[1], shared[1]) == shared[1]);                    /* shared with `twin` */
    int aside = dup(left);
    CHECK(dup2(right, left) == left && dup2(aside, right) == right);  /* changed places */
    close(aside);
    fall();
  }
  for (int index = 0; index < 5; index++) {
    if (inode_of(numbers[index]) != inodes[index]) fail("%d leads elsewhere", numbers[index]);
  }
  CHECK(why.lost == 0);
  char byte = 0;
  CHECK(write(ends[1], "e", 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'e');
  CHECK(write(shared[1], "s", 1) == 1 && read(shared[0], &byte, 1) == 1 && byte == 's');
  return ok();
}
