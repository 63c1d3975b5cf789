/* A program built with the first header, whose struct tjmp has 48 bytes, gets those and no more. */
#include "../target.h"

int main(void) {
  union {
    struct tjmp why;
    unsigned char bytes[sizeof(struct tjmp)];
  } first;
  point(NULL);
  memset(&first, 0x5A, sizeof first);
  CHECK(syscall(BELAY_SYS_TSETJMP, &first, 48) == 2);
  CHECK(first.why.size == 48);
  for (size_t index = 48; index < sizeof first; index++) CHECK(first.bytes[index] == 0x5A);
  if (first.why.cause == TJMP_SAVED) fall();
  CHECK(first.why.cause == TJMP_SIGNAL && first.why.signo == SIGSEGV && first.why.rollbacks == 1);
  return ok();
}
