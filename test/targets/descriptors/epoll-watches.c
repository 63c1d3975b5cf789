/* An epoll set watches what it watched at the point: removed, changed and added since is undone. */
#include "../target.h"
#include <sys/epoll.h>

static int epoll;

static void watch(int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  CHECK(epoll_ctl(epoll, operation, fd, &event) == 0);
}

int main(void) {
  struct tjmp why;
  struct epoll_event events[4];
  int ends[3][2];
  for (int index = 0; index < 3; index++) CHECK(pipe(ends[index]) == 0);
  epoll = epoll_create1(0);
  watch(EPOLL_CTL_ADD, ends[0][0], EPOLLIN, 1000);
  watch(EPOLL_CTL_ADD, ends[1][0], EPOLLIN | EPOLLONESHOT, 1001);
  for (int index = 0; index < 3; index++) CHECK(write(ends[index][1], "x", 1) == 1);
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(epoll_wait(epoll, events, 4, 0) == 2);
    watch(EPOLL_CTL_DEL, ends[0][0], 0, 0);
    watch(EPOLL_CTL_ADD, ends[2][0], EPOLLIN, 1002);
    fall();
  }
  CHECK(epoll_wait(epoll, events, 4, 0) == 2 && why.lost == 0);
  CHECK(events[0].data.u64 + events[1].data.u64 == 2001);
  return ok();
}
