/* belay: argument stream seqpacket datagram */
/* Pairs of sockets of which an end was closed since, or both, are pairs again: with what was in
 * them in both directions, flags and options, shared numbers, and watched as they were. */
#include "channels.h"
#include <linux/kcmp.h>
#include <sys/epoll.h>

static int left[2], gone[2], copy, epoll, type;
static const int buffer = 60000, priority = 3;

static int is_one(int fd, int other) {
  return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, fd, other) == 0;
}

static void open_all(void) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 77};
  CHECK(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, left) == 0);
  CHECK(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, gone) == 0);
  CHECK((copy = dup(left[1])) >= 0 && (epoll = epoll_create1(0)) >= 0);
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, left[0], &event) == 0);
  CHECK(setsockopt(left[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer) == 0);
  CHECK(setsockopt(gone[1], SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority) == 0);
  put(left[1], "to the left"), put(gone[0], "gone"), put(gone[1], "back");
}

static void close_all(void) {
  expect(left[0], "to the left"), put(left[0], "since");
  CHECK(close(left[1]) == 0 && close(copy) == 0 && close(gone[0]) == 0 && close(gone[1]) == 0);
  CHECK(open("/dev/zero", O_RDONLY) >= 0);
}

static void verify_pairs(void) {
  struct epoll_event event;
  struct ucred who;
  int value, other;
  socklen_t size = sizeof value;
  CHECK(fcntl(left[0], F_GETFD) == FD_CLOEXEC && fcntl(copy, F_GETFD) == 0);
  CHECK(fcntl(left[0], F_GETFL) == O_RDWR && fcntl(gone[1], F_GETFL) == (O_RDWR | O_NONBLOCK));
  CHECK(is_one(left[1], copy) && !is_one(left[0], left[1]));
  CHECK(getsockopt(left[0], SOL_SOCKET, SO_SNDBUF, &value, &size) == 0 && value == 2 * buffer);
  CHECK(getsockopt(gone[1], SOL_SOCKET, SO_PRIORITY, &value, &size) == 0 && value == priority);
  CHECK(getsockopt(gone[0], SOL_SOCKET, SO_PRIORITY, &other, &size) == 0 && other == 0);
  size = sizeof who;
  CHECK(getsockopt(left[0], SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.pid == getpid());
  CHECK(epoll_wait(epoll, &event, 1, 0) == 1 && event.data.u64 == 77 && event.events == EPOLLIN);
  expect(left[0], "to the left"), expect(gone[1], "gone"), expect(gone[0], "back");
  CHECK(epoll_wait(epoll, &event, 1, 0) == 0);
  for (int index = 0; index < 2; index++) expect_empty(left[index]), expect_empty(gone[index]);
}

int main(int argc, char **argv) {
  struct tjmp why;
  const char *name = argc > 1 ? argv[1] : "stream";
  type = *name == 'd' ? SOCK_DGRAM : name[1] == 't' ? SOCK_STREAM : SOCK_SEQPACKET;
  open_all();
  point(&why);
  if (why.rollbacks < 3) {
    close_all();
    fall();
  }
  CHECK(why.lost == 0);
  verify_pairs();
  put(copy, "later"), put(gone[1], "later");
  point(&why);
  if (why.rollbacks == 0) {
    expect(left[0], "later"), expect(gone[0], "later");
    close(left[0]), close(gone[1]);
    fall();
  }
  CHECK(why.lost == 0);
  expect(left[0], "later"), expect(gone[0], "later");
  /* Nobody else has an end. */
  close(left[1]), close(copy);
  if (type != SOCK_DGRAM) expect(left[0], "");
  else CHECK(send(left[0], "x", 1, 0) == -1 && errno == ECONNREFUSED);
  return ok();
}
