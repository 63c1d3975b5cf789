/* Timers that tell nobody, and are asked how long they have to go: one that did not run is at its
 * end again, one that ran has as long as it had, whatever was set since. */
#include "../target.h"
#include <time.h>

static int64_t left_of(timer_t timer) {
  struct itimerspec is;
  CHECK(timer_gettime(timer, &is) == 0 && is.it_interval.tv_sec == 0);
  return is.it_value.tv_sec;
}

static void set(timer_t timer, time_t seconds) {
  struct itimerspec to = {{0, 0}, {seconds, 0}};
  CHECK(timer_settime(timer, 0, &to, NULL) == 0);
}

static timer_t made(clockid_t clock) {
  struct sigevent nobody;
  timer_t timer;
  memset(&nobody, 0, sizeof nobody);
  nobody.sigev_notify = SIGEV_NONE;
  CHECK(timer_create(clock, &nobody, &timer) == 0);
  return timer;
}

int main(void) {
  static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_PROCESS_CPUTIME_ID};
  timer_t resting[3], running[3];
  struct tjmp why;
  for (int index = 0; index < 3; index++) {
    resting[index] = made(clocks[index]);
    running[index] = made(clocks[index]);
    set(running[index], 2000);
  }
  point(&why);
  if (why.rollbacks < 2) {
    for (int index = 0; index < 3; index++) set(resting[index], 5000), set(running[index], 5000);
    fall();
  }
  for (int index = 0; index < 3; index++) {
    if (left_of(resting[index]) != 0) fail("clock %d: it runs", (int)clocks[index]);
    int64_t left = left_of(running[index]);
    if (left > 2000 || left < 1500) fail("clock %d: %d s", (int)clocks[index], (int)left);
  }
  return ok();
}
