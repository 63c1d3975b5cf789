/* belay: --retries 9 */
/* An alarm that was cancelled since the point, or set anew, has as much time left as it had. */
#include "timers.h"

int main(void) {
  struct tjmp why;
  remember();
  moments->set[0] = (int64_t)now_ns();
  alarm(1000);
  moments->set[1] = (int64_t)now_ns();
  moments->made[0] = (int64_t)now_ns();
  point(&why);
  if (why.rollbacks == 0) {
    moments->made[1] = (int64_t)now_ns();
    alarm(0);
  } else {
    check_left("alarm", interval_left(ITIMER_REAL, NULL), 1000 * SECOND, 0);
    CHECK(why.lost == 0);
  }
  if (why.rollbacks == 1) alarm(5000);
  /* It runs on untouched: the time that has gone by since the point is there again. */
  if (why.rollbacks == 2) sleep_ms(20);
  if (why.rollbacks < 3) {
    moments->fell = (int64_t)now_ns();
    fall();
  }
  return ok();
}
