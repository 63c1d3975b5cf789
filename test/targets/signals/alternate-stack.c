/* The alternate signal stack is that of the point, and handlers run on it. */
#include "../target.h"

static char *stack;
static volatile int on_it;

static void handler(int signo) {
  char here;
  (void)signo;
  on_it = &here >= stack && &here < stack + 64 * 1024;
}

int main(void) {
  struct tjmp why;
  stack = (char *)anonymous(64 * 1024);
  stack_t alternate = {0}, current;
  alternate.ss_sp = stack;
  alternate.ss_size = 64 * 1024;
  CHECK(sigaltstack(&alternate, NULL) == 0);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &action, NULL);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    alternate.ss_flags = SS_DISABLE;
    CHECK(sigaltstack(&alternate, NULL) == 0);
    fall();
  }
  CHECK(sigaltstack(NULL, &current) == 0);
  CHECK(current.ss_sp == stack && current.ss_size == 64 * 1024 && current.ss_flags == 0);
  raise(SIGUSR1);
  CHECK(on_it == 1);
  return ok();
}
