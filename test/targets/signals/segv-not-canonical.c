/* A pointer that is no address at all: a general protection fault, which has no fault address. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    int *volatile wild = (int *)UINT64_C(0x4141414141414141);
    *wild = 1;
  }
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGSEGV && why.code == SI_KERNEL);
  return ok();
}
