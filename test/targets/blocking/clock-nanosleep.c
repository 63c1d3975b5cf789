/* belay: --every 5 */
/* clock_nanosleep, relative and to a moment. */
#include "blocking.h"

static void call(long ms) {
  struct timespec half = span_of(ms / 2);
  struct timespec end = moment(CLOCK_MONOTONIC, ms);
  CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &half, NULL) == 0);
  CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == 0);
}

int main(void) { return blocking_main(call); }
