/* belay: --every 5 */
/* A futex wait with a time limit, relative and absolute, times out, and only then. */
#include "blocking.h"
#include <linux/futex.h>

static void call(long ms) {
  uint32_t word = 0;
  struct timespec half = span_of(ms / 2), end = moment(CLOCK_MONOTONIC, ms);
  CHECK(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &half, NULL, 0) == -1 && errno == ETIMEDOUT);
  CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &end, NULL, ~0) == -1);
  CHECK(errno == ETIMEDOUT);
}

int main(void) { return blocking_main(call); }
