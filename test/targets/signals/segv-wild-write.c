/* A loop runs over the end of its buffer, through everything behind it, until it faults. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(64 * PAGE);
  CHECK(mprotect(memory + 63 * PAGE, PAGE, PROT_READ) == 0);
  fill(memory, 63 * PAGE, 1);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    for (volatile char *at = memory + 100;; at++) *at = 0x41;
  }
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGSEGV && why.code == SEGV_ACCERR);
  CHECK(why.address == (uint64_t)(memory + 63 * PAGE));
  verify(memory, 63 * PAGE, 1);
  return ok();
}
