/* A program that leads its session has given the foreground to a job, makes a point, and takes the
 * foreground back since: the job has it again, and the program gets no signal for having had it. */
#include "pty.h"

static volatile sig_atomic_t was_told;

static void on_read(int signo) { was_told = signo; }

static int lead(const char *path) {
  struct tjmp why;
  CHECK(setsid() == getpid());
  int terminal = open(path, O_RDWR);
  CHECK(terminal >= 0 && signal(SIGTTOU, SIG_IGN) != SIG_ERR);
  CHECK(signal(SIGTTIN, on_read) != SIG_ERR);
  pid_t job = fork();
  CHECK(job >= 0);
  if (job == 0) {
    for (;;) pause();
  }
  CHECK(setpgid(job, job) == 0 && tcsetpgrp(terminal, job) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(tcsetpgrp(terminal, getpid()) == 0);
    fall();
  }
  CHECK(tcgetpgrp(terminal) == job && why.lost == 0 && was_told == 0);
  CHECK(kill(job, SIGKILL) == 0);
  return 0;
}

int main(void) { return run_leader(lead); }
