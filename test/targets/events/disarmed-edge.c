/* A watch with both EPOLLET and EPOLLONESHOT that had been reported at the point, and was taken out
 * since, is there again: quiet until it is asked for, as at the point. */
#include "epoll.h"

#include <sys/eventfd.h>

int main(void) {
  struct tjmp why;
  struct epoll_event event = {.events = EPOLLIN | EPOLLET | EPOLLONESHOT, .data = {.u64 = 7}};
  struct epoll_event found;
  int set = epoll_create1(0), fd = eventfd(1, EFD_NONBLOCK);
  CHECK(set >= 0 && fd >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
  CHECK(epoll_wait(set, &found, 1, 0) == 1 && found.data.u64 == 7);
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL) == 0);
    fall();
  }
  CHECK(epoll_wait(set, &found, 1, 0) == 0);
  event.data.u64 = 8;
  CHECK(epoll_ctl(set, EPOLL_CTL_MOD, fd, &event) == 0);
  CHECK(epoll_wait(set, &found, 1, 0) == 1 && found.data.u64 == 8);
  return ok();
}
