/* What was sealed since cannot be unmapped: the jump is refused, and the program goes on. */
#include "../target.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

int main(void) {
  struct tjmp why;
  int cd = point(&why);
  CHECK(why.cause == TJMP_SAVED);
  char *memory = (char *)anonymous(16 * PAGE);
  fill(memory, 16 * PAGE, 1);
  /* Before Linux 6.10 nothing can be sealed. */
  if (syscall(SYS_mseal, memory, 16 * PAGE, 0L) != 0) return ok();
  CHECK(tlongjmp(cd, 1) == -1);
  verify(memory, 16 * PAGE, 1);
  return ok();
}
