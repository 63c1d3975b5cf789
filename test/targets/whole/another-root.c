/* A file that was mapped before chroot(2), as daemons do, is mapped again: no path leads to it. */
#include <sched.h>
#include <sys/stat.h>

#include "../maps.h"

int main(void) {
  struct tjmp why;
  char root[] = "/tmp/belay-root-XXXXXX";
  int fd = scratch_file(2 * PAGE, 9);
  char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(memory != MAP_FAILED);
  fill(memory, PAGE, 1);
  CHECK(mkdtemp(root) != NULL);
  int isInside = chroot(root) == 0;
  if (!isInside) { /* not root: unlinked is as good as out of sight */
    CHECK(errno == EPERM);
    scratch_remove();
  }
  if (!isInside) CHECK(rmdir(root) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, 2 * PAGE) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  verify(memory, PAGE, 1);
  return ok();
}
