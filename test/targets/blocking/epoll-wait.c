/* belay: --every 5 */
/* epoll_wait times out, and only then. */
#include "blocking.h"
#include <sys/epoll.h>

static int epoll = -1;

static void call(long ms) {
  struct epoll_event event;
  if (epoll < 0) epoll = epoll_create1(0);
  CHECK(epoll_wait(epoll, &event, 1, (int)ms) == 0);
}

int main(void) { return blocking_main(call); }
