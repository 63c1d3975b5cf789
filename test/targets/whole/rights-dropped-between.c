/* A file that the program could open at its first point and no more at its second, since it has
 * dropped its rights in between, is mapped again when it goes back to the second. */
#include <sys/stat.h>

#include "../target.h"

int main(void) {
  struct tjmp why;
  int fd = scratch_file(PAGE, 1);
  char *file = (char *)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  CHECK(file != MAP_FAILED && fchmod(fd, 0600) == 0 && close(fd) == 0);
  point(NULL);
  /* This is for root. */
  CHECK(geteuid() == 0 && seteuid(65534) == 0);
  anonymous(PAGE);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(file, PAGE) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && why.rollbacks == 1);
  verify(file, PAGE, 1);
  CHECK(seteuid(0) == 0);
  return ok();
}
