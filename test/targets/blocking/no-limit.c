/* belay: --every 3 */
/* epoll_wait without a limit waits for its event, be the -1 an int's or a whole register's. */
#include "blocking.h"
#include <sys/epoll.h>
#include <sys/timerfd.h>

static void call(long ms) {
  struct epoll_event event = {.events = EPOLLIN};
  struct itimerspec soon = {{0, 0}, span_of(ms)};
  int epoll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event) == 0);
  CHECK(timerfd_settime(timer, 0, &soon, NULL) == 0);
  CHECK(syscall(SYS_epoll_wait, epoll, &event, 1, -1L) == 1);
  close(timer);
  close(epoll);
}

int main(void) { return blocking_main(call); }
