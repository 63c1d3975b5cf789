/* belay: --every 5 */
/* poll on a silent pipe times out, and only then. */
#include "blocking.h"
#include <poll.h>

static void call(long ms) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  struct pollfd entry = {ends[0], POLLIN, 0};
  CHECK(poll(&entry, 1, (int)ms) == 0 && entry.revents == 0);
  close(ends[0]);
  close(ends[1]);
}

int main(void) { return blocking_main(call); }
