/* The fault's address has all its 64 bits, in the kernel's half too. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  volatile char *wild = (volatile char *)UINT64_C(0xFFFFFFFFFFFFFFF8);
  point(&why);
  if (why.cause == TJMP_SAVED) *wild = 1;
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGSEGV);
  CHECK(why.address == UINT64_C(0xFFFFFFFFFFFFFFF8));
  return ok();
}
