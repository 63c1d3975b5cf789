/* belay: --retries 9 */
/* Timers that have gone off since the point run again, with the time that they had left; what they
 * have sent, and nobody has taken, does not wait any more. */
#include "timers.h"

#define LEFT (SECOND / 4)

int main(void) {
  struct tjmp why;
  siginfo_t info;
  remember();
  block(SIGALRM);
  block(SIGUSR1);
  block(SIGRTMIN);
  timer_t once = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
  timer_t often = make_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIGRTMIN, 0);
  set_interval(ITIMER_REAL, 1000 * SECOND, 0);
  set_timer(once, 1000 * SECOND, 0);
  set_timer(often, 1000 * SECOND, 500 * SECOND);
  /* One of another sender's, which is to wait behind it all. */
  CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 7}) == 0);
  point(&why);
  if (why.rollbacks == 0) {
    set_interval(ITIMER_REAL, 1000000, 0);
    set_timer(once, 1000000, 0);
    set_timer(often, 1000000, 1000000);
    while (!is_pending(SIGALRM) || !is_pending(SIGUSR1)) sleep_ms(1);
    CHECK(take(SIGRTMIN, &info) == SIGRTMIN && info.si_code == SI_QUEUE);
    while (!is_pending(SIGRTMIN)) sleep_ms(1);
    CHECK(interval_left(ITIMER_REAL, NULL) == 0 && timer_left(once, NULL) == 0);
    fall();
  }
  int64_t interval;
  CHECK(interval_left(ITIMER_REAL, NULL) > 100 * SECOND);
  CHECK(timer_left(once, NULL) > 100 * SECOND);
  CHECK(timer_left(often, &interval) > 100 * SECOND && interval == 500 * SECOND);
  CHECK(!is_pending(SIGALRM) && !is_pending(SIGUSR1));
  CHECK(take(SIGRTMIN, &info) == SIGRTMIN && info.si_code == SI_QUEUE && info.si_int == 7);
  CHECK(!is_pending(SIGRTMIN) && why.lost == 0);

  /* They go off, as those that nobody has put back. */
  set_timer(often, LEFT, 0);
  set_timer(once, LEFT, 0);
  point(&why);
  if (why.rollbacks == 0) {
    while (!is_pending(SIGUSR1) || !is_pending(SIGRTMIN)) sleep_ms(1);
    CHECK(take(SIGUSR1, &info) == SIGUSR1);
    fall();
  }
  while (!is_pending(SIGUSR1) || !is_pending(SIGRTMIN)) sleep_ms(1);
  CHECK(take(SIGUSR1, &info) == SIGUSR1 && info.si_code == SI_TIMER);
  CHECK(info.si_ptr == (void *)UINT64_C(0x123456789ab));
  CHECK(take(SIGRTMIN, &info) == SIGRTMIN && take(SIGRTMIN, &info) == -1);
  return ok();
}
