/* belay: --retries 4 */
/* More signals wait at the point than one look at the queue shows: all of them come again, in their
 * order, whether none, some or all have been taken since, or thrown away by SIG_IGN. */
#include "queued.h"

enum { COUNT = 150 };

static int numbers[2];

static void take_in_order(int signo, int count) {
  for (int value = 0; value < count; value++) {
    int taken = take(signo);
    if (taken != value) fail("signal %d: %d, not %d", signo, taken, value);
  }
}

int main(void) {
  struct tjmp why;
  sigset_t set;
  numbers[0] = SIGRTMIN + 1, numbers[1] = SIGRTMIN + 2;
  sigfillset(&set);
  sigdelset(&set, SIGSEGV);
  CHECK(pthread_sigmask(SIG_SETMASK, &set, NULL) == 0);
  for (int value = 0; value < COUNT; value++) {
    union sigval content = {.sival_int = value};
    CHECK(sigqueue(getpid(), numbers[0], content) == 0);
    CHECK(pthread_sigqueue(pthread_self(), numbers[1], content) == 0);
  }
  point(&why);
  CHECK(why.rollbacks == 0 || why.lost == 0);
  if (why.rollbacks == 1) {
    for (int index = 0; index < 2; index++) take_in_order(numbers[index], COUNT / 2);
  } else if (why.rollbacks == 2) {
    for (int index = 0; index < 2; index++) take_in_order(numbers[index], COUNT);
  } else if (why.rollbacks == 3) {
    for (int index = 0; index < 2; index++) CHECK(signal(numbers[index], SIG_IGN) != SIG_ERR);
    for (int index = 0; index < 2; index++) CHECK(take(numbers[index]) == -1);
  }
  if (why.rollbacks < 4) fall();
  for (int index = 0; index < 2; index++) {
    take_in_order(numbers[index], COUNT);
    CHECK(take(numbers[index]) == -1);
  }
  return ok();
}
