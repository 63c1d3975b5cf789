/* Children that begin while memory is copied have theirs, and all is back after a fall. */
#include "large.h"

int main(void) {
  struct tjmp why;
  char *memory = large_memory();
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(had_image());
    memset(memory, 1, LARGE / 2);
    for (volatile int index = 0; index < 3; index++) {
      pid_t child = index == 2 ? vfork() : fork();
      CHECK(child >= 0);
      if (child == 0 && index == 2) _exit(9);
      if (child == 0) {
        verify(memory + LARGE / 2, 0, 1);
        for (size_t at = 0; at < LARGE / 2; at++) CHECK(memory[at] == 1);
        memset(memory, 2, LARGE);
        _exit(9);
      }
      int status;
      CHECK(waitpid(-1, &status, 0) == child && WEXITSTATUS(status) == 9);
      CHECK(memory[0] == 1);
    }
    fall();
  }
  verify(memory, LARGE, 1);
  CHECK(why.rollbacks == 1);
  return ok();
}
