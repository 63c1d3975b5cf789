/* What has no file behind it and was closed since is made anew, as it was at the point: eventfds,
 * signalfds and epoll sets, with what they watch and who watches them; at each rollback. */
#include "../target.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

enum { COUNTER, SEMAPHORE, COPY, SIGNALS, INNER, OUTER, WATCHED, COUNT };

static int fds[COUNT], flags[COUNT], descriptor_flags[COUNT];

static void watch(int set, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  CHECK(fd >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
}

static uint64_t ready(int set) {
  struct epoll_event events[4];
  int count = epoll_wait(set, events, 4, 0);
  CHECK(count >= 0);
  return count == 0 ? 0 : events[0].data.u64;
}

static uint64_t taken(int fd) {
  uint64_t value = 0;
  return read(fd, &value, sizeof value) == sizeof value ? value : 0;
}

static void open_all(void) {
  sigset_t mask;
  sigemptyset(&mask), sigaddset(&mask, SIGUSR1), sigaddset(&mask, SIGRTMAX);
  CHECK(sigprocmask(SIG_BLOCK, &mask, NULL) == 0);
  fds[COUNTER] = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
  uint64_t more = UINT64_C(1) << 40;
  CHECK(write(fds[COUNTER], &more, sizeof more) == sizeof more);
  fds[SEMAPHORE] = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  fds[COPY] = dup(fds[SEMAPHORE]);
  fds[SIGNALS] = signalfd(-1, &mask, SFD_NONBLOCK);
  fds[INNER] = epoll_create1(EPOLL_CLOEXEC), fds[OUTER] = epoll_create1(0);
  fds[WATCHED] = eventfd(0, 0);
  watch(fds[INNER], fds[SEMAPHORE], EPOLLIN | EPOLLET, 11);
  watch(fds[INNER], fds[WATCHED], EPOLLIN, 12);
  watch(fds[OUTER], fds[INNER], EPOLLIN, 13);
  for (int index = 0; index < COUNT; index++) {
    flags[index] = fcntl(fds[index], F_GETFL);
    descriptor_flags[index] = fcntl(fds[index], F_GETFD);
    CHECK(flags[index] >= 0 && descriptor_flags[index] >= 0);
  }
}

static void verify_all(void) {
  struct signalfd_siginfo info;
  for (int index = 0; index < COUNT; index++) {
    if (fcntl(fds[index], F_GETFL) != flags[index]) fail("flags of %d", index);
    if (fcntl(fds[index], F_GETFD) != descriptor_flags[index]) fail("close-on-exec of %d", index);
  }
  CHECK(ready(fds[OUTER]) == 13 && ready(fds[INNER]) == 11 && ready(fds[INNER]) == 0);
  CHECK(taken(fds[COUNTER]) == (UINT64_C(1) << 40) + 3 && taken(fds[COUNTER]) == 0);
  CHECK(taken(fds[SEMAPHORE]) == 1 && taken(fds[COPY]) == 1 && taken(fds[SEMAPHORE]) == 0);
  CHECK(read(fds[SIGNALS], &info, sizeof info) == -1 && errno == EAGAIN);
  CHECK(raise(SIGRTMAX) == 0 && read(fds[SIGNALS], &info, sizeof info) == sizeof info);
  CHECK(info.ssi_signo == (uint32_t)SIGRTMAX);
  uint64_t one = 1;
  CHECK(write(fds[WATCHED], &one, sizeof one) == sizeof one);
  CHECK(ready(fds[OUTER]) == 13 && ready(fds[INNER]) == 12 && taken(fds[WATCHED]) == 1);
}

int main(void) {
  struct tjmp why;
  open_all();
  point(&why);
  if (why.rollbacks < 3) {
    if (why.rollbacks > 0) CHECK((why.lost & TJMP_LOST_DESCRIPTORS) == 0);
    if (why.rollbacks == 2) verify_all();
    for (int index = 0; index < COUNT; index++) {
      if (why.rollbacks != 1 || index != WATCHED) CHECK(close(fds[index]) == 0);
    }
    for (int index = 0; index < 3; index++) CHECK(open("/dev/zero", O_RDONLY) >= 0);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) == 0);
  verify_all();
  return ok();
}
