/* The program's own SIGSEGV handler is not called for a fall that belay catches. */
#include "../target.h"

static volatile sig_atomic_t calls;

static void handler(int signo) {
  (void)signo;
  calls++;
  _exit(9);
}

int main(void) {
  struct tjmp why;
  keep((void *)&calls, sizeof calls);
  signal(SIGSEGV, handler);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) fall();
  CHECK(why.cause == TJMP_SIGNAL && calls == 0);
  CHECK(signal(SIGSEGV, SIG_DFL) == handler);
  return ok();
}
