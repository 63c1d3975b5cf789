/* belay: argument taken left */
/* What a timer had sent at the point, and the program has taken since, waits again; and what has
 * waited all the while does so once. */
#include "timers.h"

int main(int argc, char **argv) {
  struct tjmp why;
  siginfo_t info;
  int signo = SIGRTMIN + 1;
  int is_taken = argc > 1 && strcmp(argv[1], "taken") == 0;
  block(signo);
  block(SIGUSR1);
  block(SIGALRM);
  timer_t often = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, signo, 0);
  timer_t once = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
  set_timer(often, 1, 1000 * SECOND);
  set_timer(once, 1, 0);
  set_interval(ITIMER_REAL, 1000, 1000 * SECOND);
  while (!is_pending(signo) || !is_pending(SIGUSR1) || !is_pending(SIGALRM)) sleep_ms(1);
  point(&why);
  if (why.rollbacks == 0) {
    if (is_taken) {
      CHECK(take(signo, &info) == signo && take(SIGUSR1, &info) == SIGUSR1);
      CHECK(take(SIGALRM, &info) == SIGALRM);
    }
    /* The kernel drops what they have sent, whoever still sees it wait. */
    set_timer(often, 0, 0);
    set_timer(once, 500 * SECOND, 0);
    fall();
  }
  CHECK(take(signo, &info) == signo && info.si_code == SI_TIMER);
  CHECK(info.si_ptr == (void *)UINT64_C(0x123456789ab) && take(signo, &info) == -1);
  CHECK(take(SIGUSR1, &info) == SIGUSR1 && take(SIGUSR1, &info) == -1);
  CHECK(take(SIGALRM, &info) == SIGALRM && take(SIGALRM, &info) == -1);
  int64_t interval;
  CHECK(timer_left(often, &interval) > 100 * SECOND && interval == 1000 * SECOND);
  CHECK(timer_left(once, NULL) == 0);
  CHECK(interval_left(ITIMER_REAL, &interval) > 100 * SECOND && interval == 1000 * SECOND);
  return ok();
}
