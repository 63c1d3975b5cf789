/* A program built for a larger struct tjmp of a later version gets the 56 bytes, and no more. */
#include "../target.h"

int main(void) {
  struct {
    struct tjmp why;
    unsigned char later[16];
  } large;
  memset(&large, 0x5A, sizeof large);
  point(NULL);
  CHECK(syscall(BELAY_SYS_TSETJMP, &large, sizeof large) == 2);
  CHECK(large.why.size == 56);
  for (int index = 0; index < 16; index++) CHECK(large.later[index] == 0x5A);
  if (large.why.cause == TJMP_SAVED) fall();
  CHECK(large.why.cause == TJMP_SIGNAL && large.why.signo == SIGSEGV);
  return ok();
}
