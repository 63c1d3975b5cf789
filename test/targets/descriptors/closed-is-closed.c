/* What is closed after a point is closed for good: it leaves the epoll sets that watch it. */
#include "../target.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

static void watch(int set, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  CHECK(fd >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
}

static int ready(int set) {
  struct epoll_event events[4];
  return epoll_wait(set, events, 4, 0);
}

int main(void) {
  struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
  struct tjmp why;
  int outer = epoll_create1(0), inner = epoll_create1(0), bell = eventfd(1, 0);
  int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  CHECK(timerfd_settime(timer, 0, &soon, NULL) == 0);
  watch(outer, inner);
  watch(inner, bell);
  watch(outer, timer);
  point(&why);
  CHECK(why.rollbacks > 0 || ready(inner) == 1);
  if (why.rollbacks == 0) {
    CHECK(close(bell) == 0 && ready(inner) == 0);
    fall();
  }
  CHECK(close(timer) == 0 && close(inner) == 0 && ready(outer) == 0);
  return ok();
}
