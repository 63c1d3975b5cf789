/* belay: --every 3 */
/* A stop of the whole process ends epoll_wait with EINTR, and not nanosleep: as without belay. */
#include "blocking.h"
#include <sys/epoll.h>

/* Stops the process for a moment, from outside. */
static pid_t stop_later(void) {
  pid_t parent = getpid(), child = fork();
  if (child != 0) return child;
  usleep(50000);
  kill(parent, SIGSTOP);
  usleep(50000);
  kill(parent, SIGCONT);
  _exit(0);
}

static void finish(pid_t child) { CHECK(waitpid(child, NULL, 0) == child); }

int main(void) {
  struct epoll_event event;
  struct timespec span = span_of(200);
  int epoll = epoll_create1(0);
  CHECK(tforget(point(NULL)) == 0);
  for (int round = 0; round < 3; round++) {
    pid_t child = stop_later();
    CHECK(epoll_wait(epoll, &event, 1, 10000) == -1 && errno == EINTR);
    finish(child);
    child = stop_later();
    uint64_t start = now_ns();
    CHECK(nanosleep(&span, NULL) == 0 && now_ns() - start >= 200000000);
    finish(child);
  }
  return ok();
}
