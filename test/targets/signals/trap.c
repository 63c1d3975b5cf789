/* SIGTRAP: a breakpoint instruction with no debugger to take it. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) __asm__ volatile("int3");
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGTRAP && why.rollbacks == 1);
  return ok();
}
