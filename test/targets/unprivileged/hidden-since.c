/* belay: signal SIGSEGV; log has forbidden that its memory be read */
/* What has forbidden since its point that its memory be read cannot go back: belay says so. */
#include "../target.h"
#include <sys/prctl.h>

int main(void) {
  struct tjmp why;
  CHECK(point(&why) == 1);
  CHECK(why.cause == TJMP_SAVED);
  CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
  ok();
  fall();
}
