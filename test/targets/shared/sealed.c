/* belay: argument written unwritten */
/* Seals are for good: what has been sealed since is left as it is, and named; so is the seal. */
#include "shared.h"

int main(int argc, char **argv) {
  struct tjmp why;
  int is_written = argc < 2 || strcmp(argv[1], "written") == 0;
  int fd = memory_file(PAGE);
  CHECK(pwrite(fd, "first", 6, 0) == 6);
  int cd = point(&why);
  if (why.cause == TJMP_SAVED) {
    if (is_written) CHECK(pwrite(fd, "second", 7, 0) == 7);
    CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
    tlongjmp(cd, 1);
  }
  char text[8] = "";
  CHECK(pread(fd, text, 7, 0) == 7 && strcmp(text, is_written ? "second" : "first") == 0);
  CHECK((why.lost & TJMP_LOST_SHARED) != 0);
  return ok();
}
