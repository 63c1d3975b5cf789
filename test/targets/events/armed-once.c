/* What was reported once, and had not been asked for again at the point, is not reported, although
 * it was asked for since; what was asked for is, although it was reported since. */
#include "epoll.h"

int main(void) {
  struct tjmp why;
  int set = epoll_create1(0), asked = make_pipe(1).out, silent = make_pipe(1).out;
  watch(set, asked, EPOLLIN | EPOLLONESHOT, 1);
  watch(set, silent, EPOLLIN | EPOLLONESHOT, 2);
  watch(set, make_pipe(1).out, EPOLLIN | EPOLLET, 3);
  CHECK(ready(set) == (1 << 1 | 1 << 2 | 1 << 3));
  control(set, EPOLL_CTL_MOD, asked, EPOLLIN | EPOLLONESHOT, 1);
  point(&why);
  if (why.rollbacks < 2) {
    control(set, EPOLL_CTL_MOD, silent, EPOLLIN | EPOLLONESHOT, 2);
    CHECK((ready(set) & (1 << 1 | 1 << 2)) == (1 << 1 | 1 << 2));
    control(set, EPOLL_CTL_MOD, silent, EPOLLIN | EPOLLONESHOT, 2);
    fall();
  }
  CHECK(ready(set) == (1 << 1 | 1 << 3) && ready(set) == 0 && why.lost == 0);
  control(set, EPOLL_CTL_MOD, silent, EPOLLIN | EPOLLONESHOT, 2);
  CHECK(ready(set) == 1 << 2);
  return ok();
}
