/* belay: --every 5 */
/* epoll_pwait and epoll_pwait2 with a mask time out, and only then. */
#include "blocking.h"
#include <sys/epoll.h>

static int epoll = -1;

static void call(long ms) {
  struct epoll_event event;
  struct timespec span = span_of(ms - ms / 2);
  sigset_t all, after;
  sigfillset(&all);
  if (epoll < 0) epoll = epoll_create1(0);
  CHECK(epoll_pwait(epoll, &event, 1, (int)(ms / 2), &all) == 0);
  CHECK(epoll_pwait2(epoll, &event, 1, &span, &all) == 0);
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0 && sigismember(&after, SIGUSR1) == 0);
}

int main(void) { return blocking_main(call); }
