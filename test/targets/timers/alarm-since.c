/* belay: --retries 9 */
/* An alarm that was set since the point, or has gone off since and waits, is gone: nobody would be
 * there for it, and it would be the end. */
#include "timers.h"

int main(void) {
  struct tjmp why;
  remember();
  point(&why);
  if (why.rollbacks == 0) {
    alarm(100);
    fall();
  }
  CHECK(interval_left(ITIMER_REAL, NULL) == 0);
  if (why.rollbacks == 1) {
    int which = ITIMER_REAL;
    for (; which <= ITIMER_PROF; which++) set_interval(which, 100 * SECOND, SECOND);
    fall();
  }
  for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
    int64_t interval;
    CHECK(interval_left(which, &interval) == 0 && interval == 0);
  }
  if (why.rollbacks == 2) {
    block(SIGALRM);
    set_interval(ITIMER_REAL, 1000000, 1000000);
    while (!is_pending(SIGALRM)) sleep_ms(1);
    fall();
  }
  CHECK(interval_left(ITIMER_REAL, NULL) == 0 && !is_pending(SIGALRM));
  if (why.rollbacks == 3) {
    block(SIGVTALRM);
    block(SIGPROF);
    set_interval(ITIMER_VIRTUAL, 1000000, 0);
    set_interval(ITIMER_PROF, 1000000, 0);
    while (!is_pending(SIGVTALRM) || !is_pending(SIGPROF)) continue;
    fall();
  }
  CHECK(!is_pending(SIGVTALRM) && !is_pending(SIGPROF));
  CHECK(why.lost == 0);
  return ok();
}
