/* belay: --max-points 100 */
/* At the limit of live points tsetjmp gives ENOMEM; forgetting one makes room for one. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  point(&why);
  if (why.cause != TJMP_SAVED) return ok();
  for (int cd = 2; cd <= 100; cd++) CHECK(point(NULL) == cd);
  CHECK(tsetjmp(NULL) == -1 && errno == ENOMEM);
  CHECK(tforget(50) == 0);
  CHECK(tsetjmp(NULL) == 101);
  CHECK(tsetjmp(NULL) == -1 && errno == ENOMEM);
  tlongjmp(1, 0);
  fail("tlongjmp came back: errno %d", errno);
}
