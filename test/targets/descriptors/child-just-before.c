/* An open file that a child has, too, which was born just before the point: its offset goes on. */
#include "../target.h"
#include <sys/prctl.h>

#define ROUNDS 5

/* The kernel tells when a process began to the hundredth of a second: at the beginning of one. */
static void await_tick(void) {
  struct timespec now;
  do {
    CHECK(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
  } while (now.tv_nsec % 10000000 > 1000000);
}

int main(void) {
  int log = scratch_file(0, 0);
  for (int round = 0; round < ROUNDS; round++) {
    struct tjmp why;
    off_t before = lseek(log, 0, SEEK_CUR);
    await_tick();
    pid_t parent = getpid(), child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(1);
      for (;;) pause();
    }
    int cd = point(&why);
    if (why.cause == TJMP_SAVED) {
      CHECK(write(log, "more", 4) == 4);
      fall();
    }
    off_t now = lseek(log, 0, SEEK_CUR);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    if (now != before + 4) fail("round %d: from %d to %d", round, (int)before, (int)now);
    CHECK(tforget(cd) == 0);
  }
  return ok();
}
