/* belay: --retries 1000 */
/* After many rollbacks, too, a timer that was set since is stopped: also one of those that count
 * the time of processors, of which nobody is prepared for the signal. */
#include "../target.h"
#include <sys/time.h>

#define ROLLBACKS 60

int main(void) {
  static const int which[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
  struct itimerval later = {{7, 0}, {5000, 0}}, now;
  struct tjmp why;
  point(&why);
  for (int index = 0; index < 3; index++) {
    CHECK(getitimer(which[index], &now) == 0);
    if (now.it_value.tv_sec == 0 && now.it_interval.tv_sec == 0) continue;
    fail("rollback %d: timer %d has %d s", (int)why.rollbacks, index, (int)now.it_value.tv_sec);
  }
  if (why.rollbacks == ROLLBACKS) return ok();
  for (int index = 0; index < 3 && why.rollbacks > ROLLBACKS / 2; index++) {
    CHECK(setitimer(which[index], &later, NULL) == 0);
  }
  fall();
}
