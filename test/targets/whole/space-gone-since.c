/* belay: argument none interval timer made */
/* What was mapped since the point takes all that RLIMIT_AS leaves now: there is room for a page of
 * belay's own only when that is gone again, and a way back all the same. */
#include "../maps.h"
#include <sys/resource.h>
#include <sys/time.h>

static size_t space_taken(void) {
  char text[64] = "";
  int fd = open("/proc/self/statm", O_RDONLY);
  CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && close(fd) == 0);
  return strtoul(text, NULL, 10) * PAGE;
}

static long left_on(timer_t timer) {
  struct itimerspec now;
  CHECK(timer_gettime(timer, &now) == 0);
  return (long)now.it_value.tv_sec;
}

int main(int argc, char **argv) {
  struct tjmp why;
  struct rlimit limit, own;
  struct itimerval real = {{0, 0}, {5000, 0}}, virtual = {{0, 0}, {6000, 0}}, none = {0};
  struct itimerspec long_time = {{0, 0}, {7000, 0}}, no_time = {0};
  timer_t timer = NULL;
  const char *what = argc > 1 ? argv[1] : "none";
  CHECK(getrlimit(RLIMIT_AS, &own) == 0);
  if (what[0] == 't' || what[0] == 'm') CHECK(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0);
  if (what[0] == 'm') CHECK(timer_settime(timer, 0, &long_time, NULL) == 0);
  if (what[0] == 'i') CHECK(setitimer(ITIMER_VIRTUAL, &virtual, NULL) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    if (what[0] == 't') CHECK(timer_settime(timer, 0, &long_time, NULL) == 0);
    if (what[0] == 'm') CHECK(timer_settime(timer, 0, &no_time, NULL) == 0);
    if (what[0] == 'i') {
      CHECK(setitimer(ITIMER_REAL, &real, NULL) == 0);
      CHECK(setitimer(ITIMER_VIRTUAL, &none, NULL) == 0);
    }
    anonymous(4 * MIB);
    limit = own;
    limit.rlim_cur = space_taken();
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    fall();
  }
  CHECK(why.lost == 0 && getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur == own.rlim_cur);
  if (what[0] == 't') CHECK(left_on(timer) == 0);
  if (what[0] == 'm') CHECK(left_on(timer) > 6000);
  CHECK(getitimer(ITIMER_REAL, &real) == 0 && real.it_value.tv_sec == 0);
  CHECK(getitimer(ITIMER_VIRTUAL, &virtual) == 0);
  CHECK((virtual.it_value.tv_sec > 5000) == (what[0] == 'i'));
  return ok();
}
