/* Pairs of sockets, and the epoll set that watches them, come back where they take more than half
 * of the numbers that the program may have, and all were closed since. */
#include "../target.h"
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { LIMIT = 64, PAIRS = 25 };

int main(void) {
  struct tjmp why;
  struct rlimit limit = {LIMIT, LIMIT};
  struct epoll_event events[2 * PAIRS];
  int pairs[PAIRS][2], epoll = epoll_create1(EPOLL_CLOEXEC), file = scratch_file(PAGE, 7);
  CHECK(epoll >= 0 && setrlimit(RLIMIT_NOFILE, &limit) == 0);
  for (int index = 0; index < PAIRS; index++) {
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[index]) == 0);
    /* One in three has two numbers, and one the other order. */
    if (index % 3 == 1) {
      int other = pairs[index][0];
      pairs[index][0] = pairs[index][1];
      pairs[index][1] = other;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, pairs[index][0], &event) == 0);
    CHECK(write(pairs[index][1], &index, sizeof index) == sizeof index);
  }
  int copy = dup(pairs[3][1]);
  CHECK(copy >= 0 && tforget(point(NULL)) == 0);
  point(&why);
  if (why.rollbacks == 0) {
    CHECK(close_range(3, LIMIT, 0) == 0);
    fall();
  }
  CHECK(fcntl(epoll, F_GETFD) == FD_CLOEXEC && fcntl(copy, F_GETFD) == 0);
  CHECK(lseek(file, 0, SEEK_END) == (off_t)PAGE);
  CHECK(epoll_wait(epoll, events, 2 * PAIRS, 0) == PAIRS);
  for (int index = 0; index < PAIRS; index++) {
    int found;
    CHECK(fcntl(pairs[index][0], F_GETFD) == FD_CLOEXEC);
    CHECK(fcntl(pairs[index][1], F_GETFD) == FD_CLOEXEC);
    CHECK(read(pairs[index][0], &found, sizeof found) == sizeof found && found == index);
    CHECK(write(pairs[index][1], &index, sizeof index) == sizeof index);
    CHECK(read(pairs[index][0], &found, sizeof found) == sizeof found && found == index);
  }
  CHECK(epoll_wait(epoll, events, 2 * PAIRS, 0) == 0);
  CHECK(write(copy, "x", 1) == 1 && epoll_wait(epoll, events, 2 * PAIRS, 0) == 1);
  CHECK(events[0].data.u32 == 3);
  return ok();
}
