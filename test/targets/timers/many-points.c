/* belay: --retries 9; --max-points 5000 */
/* Points in quick succession, which do not all ask how the timers are set: what is left is as it
 * was all the same, for nobody has set them. One that nobody has asked for is not to be the end. */
#include "timers.h"

#define POINTS 400
/* How long it may take belay, or a busy machine, between asking a timer and reading a clock. */
#define SLACK (100 * SECOND)
static timer_t timer, of_processor;

static void points(struct tjmp *why) {
  for (int number = 0; number < POINTS; number++) {
    if (number + 1 == POINTS) moments->made[0] = (int64_t)now_ns();
    int cd = point(why);
    if (why->rollbacks > 0) return;
    if (number + 1 < POINTS) CHECK(tforget(cd) == 0);
  }
  moments->made[1] = (int64_t)now_ns();
}

int main(void) {
  struct tjmp why;
  remember();
  points(&why);
  if (why.rollbacks == 0) {
    alarm(1000);
    fall();
  }
  CHECK(interval_left(ITIMER_REAL, NULL) == 0);

  moments->set[0] = (int64_t)now_ns();
  timer = make_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1, 0);
  of_processor = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_NONE, 0, 0);
  set_timer(timer, 1000 * SECOND, 0);
  set_timer(of_processor, 1000 * SECOND, 0);
  set_interval(ITIMER_REAL, 1000 * SECOND, 5 * SECOND);
  moments->set[1] = (int64_t)now_ns();
  points(&why);
  if (why.rollbacks == 0) {
    set_interval(ITIMER_REAL, 5000 * SECOND, 0);
    set_timer(of_processor, 0, 0);
    CHECK(timer_delete(timer) == 0);
    moments->fell = (int64_t)now_ns();
    fall();
  }
  int64_t interval, left = timer_left(of_processor, NULL);
  check_left("timer", timer_left(timer, NULL), 1000 * SECOND, SLACK);
  check_left("alarm", interval_left(ITIMER_REAL, &interval), 1000 * SECOND, SLACK);
  CHECK(interval == 5 * SECOND);
  CHECK(left <= 1000 * SECOND && left > 900 * SECOND);
  CHECK((why.lost & TJMP_LOST_TIMERS) == 0 || (why.lost & TJMP_LOST_UNSURE) != 0);
  return ok();
}
