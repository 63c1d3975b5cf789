/* belay: signal SIGSEGV; log it has become root since */
/* Code that ran as somebody else at its point does not go on as root. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  CHECK(geteuid() == 0 && seteuid(1234) == 0);
  CHECK(point(&why) == 1);
  CHECK(why.cause == TJMP_SAVED);
  CHECK(seteuid(0) == 0);
  ok();
  fall();
}
