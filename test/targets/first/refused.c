/* belay: ; argument limit namespace */
/* Where no image is to be had, much memory is copied in the stop, and nobody is worse off. */
#include "large.h"
#include <sched.h>

int main(int argc, char **argv) {
  struct tjmp why;
  char *memory = large_memory();
  if (argc > 1 && strcmp(argv[1], "namespace") == 0) {
    CHECK(unshare(CLONE_NEWPID) == 0);
  } else {
    struct rlimit one = {1, 1};
    CHECK(setrlimit(RLIMIT_NPROC, &one) == 0);
    if (geteuid() == 0) CHECK(setresuid(65534, 65534, 65534) == 0);
  }
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(!had_image());
    memset(memory, 1, LARGE);
    fall();
  }
  verify(memory, LARGE, 1);
  CHECK(why.rollbacks == 1);
  return ok();
}
