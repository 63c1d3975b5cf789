/* A handler that another one has replaced is back, with its flags and mask: the one of the point,
 * not an older one. */
#include "../target.h"

static volatile int ran;
static void first(int signo) { ran = signo; }
static void second(int signo) { ran = -signo; }

static void set(int signo, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  if (flags != 0) sigaddset(&action.sa_mask, SIGWINCH);
  CHECK(sigaction(signo, &action, NULL) == 0);
}

int main(void) {
  struct tjmp why;
  struct sigaction found;
  set(SIGUSR1, first, 0);
  set(SIGUSR2, first, 0);
  point(&why);
  set(SIGUSR1, second, SA_RESTART);
  point(&why);
  if (why.rollbacks < 2) {
    set(SIGUSR1, first, 0);
    set(SIGUSR2, second, SA_NODEFER);
    fall();
  }
  CHECK(raise(SIGUSR1) == 0 && ran == -SIGUSR1);
  CHECK(raise(SIGUSR2) == 0 && ran == SIGUSR2);
  CHECK(sigaction(SIGUSR1, NULL, &found) == 0 && (found.sa_flags & SA_RESTART) != 0);
  CHECK(sigismember(&found.sa_mask, SIGWINCH) == 1 && why.lost == 0);
  return ok();
}
