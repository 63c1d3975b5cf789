/* Counts that were taken off an eventfd since are there again, so that a thread that goes back into
 * its wait is woken by them; what the program has added since is not. */
#include "../target.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int taken, added, waited, epoll;
static volatile int is_over;

static void *waiter(void *argument) {
  struct epoll_event event;
  uint64_t count;
  CHECK(epoll_wait(epoll, &event, 1, -1) == 1);
  CHECK(read(waited, &count, sizeof count) == sizeof count && count == 1);
  is_over = 1;
  for (;;) pause();
  return argument;
}

int main(void) {
  struct epoll_event event = {.events = EPOLLIN};
  struct tjmp why;
  pthread_t thread;
  uint64_t count = 0, one = 1, two = 2;
  taken = eventfd(3, EFD_NONBLOCK), added = eventfd(5, EFD_NONBLOCK), waited = eventfd(0, 0);
  epoll = epoll_create1(0);
  CHECK(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, waited, &event) == 0);
  int cd = point(&why);
  if (why.rollbacks == 0) {
    CHECK(read(taken, &count, sizeof count) == sizeof count && count == 3);
    CHECK(write(added, &two, sizeof two) == sizeof two);
    fall();
  }
  CHECK(read(taken, &count, sizeof count) == sizeof count && count == 3);
  CHECK(read(added, &count, sizeof count) == sizeof count && count == 5);
  CHECK(tforget(cd) == 0);
  CHECK(write(waited, &one, sizeof one) == sizeof one);
  point(&why);
  if (why.rollbacks == 0) {
    CHECK(pthread_create(&thread, NULL, waiter, NULL) == 0);
    while (!is_over) sleep_ms(1);
    fall();
  }
  CHECK(!is_over && read(waited, &count, sizeof count) == sizeof count && count == 1);
  return ok();
}
