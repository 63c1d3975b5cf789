/* belay: --every 5 */
/* select and pselect on nothing time out, and only then. */
#include "blocking.h"
#include <sys/select.h>

static void call(long ms) {
  struct timeval half = {0, ms / 2 * 1000};
  struct timespec other = span_of(ms - ms / 2);
  CHECK(select(0, NULL, NULL, NULL, &half) == 0);
  CHECK(pselect(0, NULL, NULL, NULL, &other, NULL) == 0);
}

int main(void) { return blocking_main(call); }
