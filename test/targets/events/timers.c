/* Timers that are descriptors have as long to go as they had at the point, with the expirations
 * that waited then; times of day stay. Nothing is left of what was set, expired or read since. */
#include "../target.h"
#include <poll.h>
#include <sys/timerfd.h>

enum { LONG_S = 3600, SHORT_MS = 40 };

static struct itimerspec spec(time_t value_s, long value_ms, time_t interval_s) {
  return (struct itimerspec){{interval_s, 0}, {value_s, value_ms * 1000000}};
}

static int timer(int clock, int flags, struct itimerspec set) {
  int fd = timerfd_create(clock, TFD_NONBLOCK);
  CHECK(fd >= 0 && timerfd_settime(fd, flags, &set, NULL) == 0);
  return fd;
}

static int64_t left_ms(int fd) {
  struct itimerspec now;
  CHECK(timerfd_gettime(fd, &now) == 0);
  return (int64_t)now.it_value.tv_sec * 1000 + now.it_value.tv_nsec / 1000000;
}

static int64_t ticks(int fd) {
  uint64_t count = 0;
  ssize_t size = read(fd, &count, sizeof count);
  CHECK(size == (ssize_t)sizeof count || errno == EAGAIN);
  return (int64_t)count;
}

static void wait_for(int fd) {
  struct pollfd asked = {fd, POLLIN, 0};
  CHECK(poll(&asked, 1, -1) == 1);
}

int main(void) {
  struct tjmp why;
  struct timespec now;
  struct itimerspec none = spec(0, 0, 0), soon = spec(0, 1, 0), later = spec(2 * LONG_S, 0, 0);
  CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
  int running = timer(CLOCK_MONOTONIC, 0, spec(LONG_S, 0, 60));
  int wall = timer(CLOCK_REALTIME, 0, spec(LONG_S, 0, 0));
  int day = timer(CLOCK_REALTIME, TFD_TIMER_ABSTIME, spec(now.tv_sec + LONG_S, 0, 0));
  int unset = timer(CLOCK_BOOTTIME, 0, none);
  int waits = timer(CLOCK_MONOTONIC, 0, soon);
  int expires = timer(CLOCK_MONOTONIC, 0, spec(0, SHORT_MS, 0));
  wait_for(waits);
  int cd = point(&why);
  if (why.rollbacks < 3) {
    /* Left alone, or set anew. */
    CHECK(ticks(waits) == 1);
    wait_for(expires);
    CHECK(ticks(expires) == 1);
    if (why.rollbacks == 1) {
      CHECK(timerfd_settime(running, 0, &later, NULL) == 0);
      CHECK(timerfd_settime(wall, 0, &none, NULL) == 0);
      CHECK(timerfd_settime(day, 0, &later, NULL) == 0);
      CHECK(timerfd_settime(unset, 0, &later, NULL) == 0);
      CHECK(timerfd_settime(waits, 0, &later, NULL) == 0);
      CHECK(timerfd_settime(expires, 0, &none, NULL) == 0);
    }
    tlongjmp(cd, 1);
  }
  CHECK(why.lost == 0 && left_ms(expires) <= SHORT_MS);
  CHECK(left_ms(running) > (LONG_S - 1800) * 1000 && left_ms(running) <= LONG_S * 1000);
  CHECK(left_ms(wall) > (LONG_S - 1800) * 1000 && left_ms(wall) <= LONG_S * 1000);
  CHECK(left_ms(day) > (LONG_S - 1800) * 1000 && left_ms(day) <= LONG_S * 1000);
  CHECK(left_ms(unset) == 0 && ticks(unset) == 0);
  CHECK(ticks(waits) == 1 && ticks(waits) == 0 && left_ms(waits) == 0);
  wait_for(expires);
  CHECK(ticks(expires) == 1);
  return ok();
}
