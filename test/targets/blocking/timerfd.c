/* belay: --every 5 */
/* read on a timerfd waits for its time. */
#include "blocking.h"
#include <sys/timerfd.h>

static void call(long ms) {
  struct itimerspec when = {{0, 0}, span_of(ms)};
  uint64_t count = 0;
  int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  CHECK(fd >= 0 && timerfd_settime(fd, 0, &when, NULL) == 0);
  CHECK(read(fd, &count, 8) == 8 && count == 1);
  close(fd);
}

int main(void) { return blocking_main(call); }
