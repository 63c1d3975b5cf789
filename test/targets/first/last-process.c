/* A program that may have one process more can have it, also where much memory was to be saved. */
#include "large.h"

static int can_fork(void) {
  pid_t child = fork();
  if (child == 0) _exit(0);
  CHECK(child > 0 || errno == EAGAIN);
  return child > 0 && waitpid(child, NULL, 0) == child;
}

int main(void) {
  large_memory();
  /* A user who has no other processes, where that can be had: root may have as many as it wants. */
  if (geteuid() == 0) CHECK(setresuid(64321, 64321, 64321) == 0);
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NPROC, &limit) == 0);
  for (limit.rlim_cur = 1; setrlimit(RLIMIT_NPROC, &limit) == 0; limit.rlim_cur++) {
    if (can_fork()) break;
  }
  CHECK(can_fork());
  point(NULL);
  CHECK(can_fork());
  return ok();
}
