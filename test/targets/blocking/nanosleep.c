/* belay: --every 5 */
/* nanosleep: no EINTR, not early, under points every 5 ms and rollbacks. */
#include "blocking.h"

static void call(long ms) {
  struct timespec span = span_of(ms);
  CHECK(nanosleep(&span, NULL) == 0);
}

int main(void) { return blocking_main(call); }
