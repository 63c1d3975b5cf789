/* belay: --every 5 */
/* ppoll with a signal mask times out, and only then; the mask is put back. */
#include "blocking.h"
#include <poll.h>

static void call(long ms) {
  struct timespec span = span_of(ms);
  sigset_t all, after;
  sigfillset(&all);
  CHECK(ppoll(NULL, 0, &span, &all) == 0);
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0 && sigismember(&after, SIGUSR1) == 0);
}

int main(void) { return blocking_main(call); }
