/* An ordinary user's program that forbids that its memory be read gets no point, and lives on. */
#include "../target.h"
#include <sys/prctl.h>

int main(void) {
  struct tjmp why;
  CHECK(tforget(point(NULL)) == 0);
  CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
  CHECK(tsetjmp(&why) == -1 && errno == EPERM);
  CHECK(tsetjmp(NULL) == -1 && errno == EPERM);
  CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
  CHECK(point(&why) > 0);
  if (why.cause == TJMP_SAVED) fall();
  CHECK(why.cause == TJMP_SIGNAL);
  return ok();
}
