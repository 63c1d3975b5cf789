/* belay: exit 0; log become root since */
/* A rollback that is refused when it is prepared leaves no trace at a pipe of which an end was
 * closed since: its reader is still at the end of it, no set reports it anew, no signal comes. */
#include "channels.h"
#include <poll.h>
#include <sys/epoll.h>

static int ends[2], epoll;
static volatile sig_atomic_t signals;

static void count(int signo) { signals += signo == SIGIO; }

static void handler(int signo) {
  struct epoll_event event;
  struct pollfd asked = {.fd = ends[0], .events = POLLIN};
  CHECK(signo == SIGSEGV && signals == 0);
  CHECK(epoll_wait(epoll, &event, 1, 0) == 0);
  CHECK(poll(&asked, 1, 0) == 1 && asked.revents == POLLHUP);
  expect(ends[0], "");
  _exit(ok());
}

int main(void) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  struct tjmp why;
  signal(SIGSEGV, handler), signal(SIGIO, count);
  CHECK(pipe(ends) == 0 && (epoll = epoll_create1(0)) >= 0 && seteuid(65534) == 0);
  point(&why);
  CHECK(why.rollbacks == 0 && seteuid(0) == 0 && close(ends[1]) == 0);
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
  CHECK(epoll_wait(epoll, &event, 1, 0) == 1 && epoll_wait(epoll, &event, 1, 0) == 0);
  CHECK(fcntl(ends[0], F_SETOWN, getpid()) == 0 && fcntl(ends[0], F_SETFL, O_ASYNC) == 0);
  fall();
  return 1;
}
