/* belay: --every 5; argument errno trap thread process */
/* A program that is confined to the calls it needs lives on while others ask for points of it. */
#include "confined.h"

static const int allowed[] = {SYS_write, SYS_exit_group, SYS_nanosleep, SYS_clock_nanosleep,
                              SYS_restart_syscall};

int main(int argc, char **argv) {
  struct timespec nap = {0, 10000000};
  struct tjmp why;
  CHECK(argc == 2);
  tforget(point(&why));
  shut_in(allowed, sizeof allowed / sizeof *allowed, answer_named(argv[1]));
  for (int round = 0; round < 40; round++) CHECK(nanosleep(&nap, NULL) == 0);
  CHECK(write(STDOUT_FILENO, "ok\n", 3) == 3);
  _exit(0);
}
