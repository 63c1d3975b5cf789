/* SIGILL: an instruction that is none. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) __asm__ volatile("ud2");
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGILL && why.code == ILL_ILLOPN);
  CHECK(why.ip == why.address && why.ip != 0);
  return ok();
}
