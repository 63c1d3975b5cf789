/* belay: --retries 0; signal SIGABRT */
/* --retries 0: points are for tlongjmp only, and a fall is a death. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  int cd = point(&why);
  if (why.rollbacks < 3) tlongjmp(cd, 0);
  CHECK(why.cause == TJMP_LONGJMP && why.rollbacks == 3);
  ok();
  abort();
}
