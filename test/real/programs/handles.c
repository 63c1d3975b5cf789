/* Falls with a handler of its own, which copes (leaves by a jump), exits, or aborts.
 *   handles copes|exits|aborts */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static sigjmp_buf again;
static volatile int handled;

static void cope(int signo) {
  (void)signo;
  handled++;
  siglongjmp(again, 1);
}

static void leave(int signo) {
  (void)signo;
  _exit(9);
}

static void end(int signo) {
  (void)signo;
  signal(SIGABRT, SIG_DFL);
  abort();
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  int copes = strcmp(argv[1], "copes") == 0;
  signal(SIGSEGV, copes ? cope : strcmp(argv[1], "exits") == 0 ? leave : end);
  for (volatile int round = 0; round < 100; round++) {
    usleep(copes ? 20000 : 40000); /* a point has been made long before it falls */
    if (copes ? sigsetjmp(again, 1) == 0 : round == 50) *(volatile int *)0 = 1;
  }
  printf("handled %d\n", handled);
  return 0;
}
