/* belay: --every 5 */
/* sigtimedwait for a signal that does not come times out with EAGAIN. */
#include "blocking.h"

static void call(long ms) {
  struct timespec span = span_of(ms);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 1);
  CHECK(sigtimedwait(&set, NULL, &span) == -1 && errno == EAGAIN);
}

int main(void) { return blocking_main(call); }
