/* A timer of the process's own time that has an interval and is not set (setitimer(2) with no value
 * stops it) is not begun by going back, and has its interval still. */
#include "timers.h"

#include <sys/time.h>

static void spend(void) {
  struct timespec now;
  do CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
  while (now.tv_sec == 0 && now.tv_nsec < 200000000);
}

int main(void) {
  struct tjmp why;
  struct itimerval stopped = {{0, 20000}, {0, 0}}, set = {{0, 0}, {90, 0}}, now;
  for (int which = ITIMER_VIRTUAL; which <= ITIMER_PROF; which++)
    CHECK(setitimer(which, &stopped, NULL) == 0);
  point(&why);
  if (why.rollbacks < 2) {
    if (why.rollbacks == 0) CHECK(setitimer(ITIMER_PROF, &set, NULL) == 0);
    fall();
  }
  spend();
  for (int which = ITIMER_VIRTUAL; which <= ITIMER_PROF; which++) {
    CHECK(getitimer(which, &now) == 0);
    CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_usec == 0);
    CHECK(now.it_interval.tv_usec == 20000);
  }
  return ok();
}
