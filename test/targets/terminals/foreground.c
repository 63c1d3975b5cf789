/* A program that leads its session, as a shell does, has put another group into the foreground of
 * its terminal since, with modes for that: it is in the foreground again, with its own. */
#include "pty.h"

static pid_t job;

static int lead(const char *path) {
  struct tjmp why;
  CHECK(setsid() == getpid());
  int terminal = open(path, O_RDWR);
  CHECK(terminal >= 0 && tcgetpgrp(terminal) == getpid());
  struct termios before = modes_of(terminal);
  keep(&job, sizeof job);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    job = fork();
    CHECK(job >= 0);
    if (job == 0) {
      for (;;) pause();
    }
    make_raw(terminal);
    CHECK(setpgid(job, job) == 0 && tcsetpgrp(terminal, job) == 0);
    fall();
  }
  CHECK(kill(job, SIGKILL) == 0);
  CHECK(tcgetpgrp(terminal) == getpid());
  CHECK(has_modes(terminal, &before) && why.lost == 0);
  return 0;
}

int main(void) { return run_leader(lead); }
