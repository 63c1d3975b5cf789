/* A program has closed a file, and given up for good the rights by which it was open: the number
 * leads to the file no more. */
#include "../target.h"
#include <sys/stat.h>

int main(void) {
  struct tjmp why;
  int fd = scratch_file(PAGE, 1), other = open(scratch_names[0], O_RDONLY);
  CHECK(fd >= 0 && other >= 0);
  int isRoot = geteuid() == 0;
  /* So that it can be removed at the end. */
  if (isRoot) CHECK(fchown(fd, 65534, 65534) == 0 && fchmod(fd, 0) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    close(fd);
    close(other);
    if (isRoot) CHECK(setresuid(65534, 65534, 65534) == 0);
    else CHECK(chmod(scratch_names[0], 0) == 0);
    fall();
  }
  if (isRoot) CHECK(geteuid() == 65534 && seteuid(0) == -1);
  char byte;
  signal(SIGPIPE, SIG_IGN);
  CHECK(why.cause == TJMP_SIGNAL && (why.lost & TJMP_LOST_DESCRIPTORS) != 0);
  CHECK(write(fd, "x", 1) == -1 && errno == EPIPE && read(other, &byte, 1) == 0);
  return ok();
}
