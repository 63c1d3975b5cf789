/* SIGFPE: a division by zero. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  volatile int zero = 0;
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) printf("%d\n", 7 / zero);
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGFPE && why.code == FPE_INTDIV);
  return ok();
}
