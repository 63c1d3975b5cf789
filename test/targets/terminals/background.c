/* Somebody else has put a program into the background since, and uses the terminal with modes of
 * his own: they stay, and the program that goes back is told that they are not the point's. */
#include "pty.h"

static int to_shell[2], to_program[2];

static void run(int terminal) {
  struct tjmp why;
  char byte;
  CHECK(read(to_program[0], &byte, 1) == 1);
  struct termios before = modes_of(terminal);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(write(to_shell[1], "", 1) == 1 && read(to_program[0], &byte, 1) == 1);
    fall();
  }
  CHECK(!has_modes(terminal, &before));
  CHECK((why.lost & TJMP_LOST_TERMINALS) != 0);
  _exit(0);
}

static int be_shell(const char *path) {
  int status = 0;
  char byte;
  CHECK(setsid() == getpid() && signal(SIGTTOU, SIG_IGN) != SIG_ERR);
  int terminal = open(path, O_RDWR);
  CHECK(terminal >= 0 && pipe(to_shell) == 0 && pipe(to_program) == 0);
  pid_t job = fork();
  CHECK(job >= 0);
  if (job == 0) {
    close(to_shell[0]);
    run(terminal);
  }
  close(to_shell[1]);
  CHECK(setpgid(job, job) == 0 && tcsetpgrp(terminal, job) == 0);
  CHECK(write(to_program[1], "", 1) == 1);
  if (read(to_shell[0], &byte, 1) == 1) {
    CHECK(tcsetpgrp(terminal, getpid()) == 0);
    struct termios own = make_raw(terminal);
    CHECK(write(to_program[1], "", 1) == 1);
    CHECK(waitpid(job, &status, 0) == job && WIFEXITED(status));
    CHECK(has_modes(terminal, &own) && tcgetpgrp(terminal) == getpid());
  } else {
    CHECK(waitpid(job, &status, 0) == job && WIFEXITED(status));
  }
  return WEXITSTATUS(status);
}

int main(void) { return run_leader(be_shell); }
