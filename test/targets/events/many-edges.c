/* The edges of a thousand connections come again, and none twice. */
#include "epoll.h"

enum { COUNT = 400 };

static uint32_t take_all(int set) {
  static unsigned char seen[2 * COUNT];
  struct epoll_event events[EVENTS_MAX];
  uint32_t total = 0;
  memset(seen, 0, sizeof seen);
  for (int count; (count = epoll_wait(set, events, EVENTS_MAX, 0)) != 0; total += count) {
    CHECK(count > 0);
    for (int index = 0; index < count; index++) CHECK(seen[events[index].data.u64]++ == 0);
  }
  return total;
}

int main(void) {
  struct tjmp why;
  int set = epoll_create1(0);
  for (int index = 0; index < COUNT; index++) {
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    for (int side = 0; side < 2; side++) {
      uint32_t events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
      watch(set, ends[side], events, 2 * index + side);
    }
  }
  CHECK(take_all(set) == 2 * COUNT && take_all(set) == 0);
  point(&why);
  if (why.rollbacks > 0) CHECK(take_all(set) == 2 * COUNT && take_all(set) == 0);
  if (why.rollbacks < 2) fall();
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) == 0);
  return ok();
}
