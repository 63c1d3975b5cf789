/* belay: --retries 500; argument 1 4 */
/* A program that has set timers since the point, and handlers for their signals, is not killed by
 * one that was on its way when it fell: the handlers are gone, and the timers with them. */
#include "timers.h"
#include "../crew.h"

#define ROUNDS 100
static volatile sig_atomic_t seen;

static void handle(int signo) {
  (void)signo;
  seen++;
}

int main(int argc, char **argv) {
  const int signals[] = {SIGALRM, SIGUSR1, SIGPROF, SIGRTMIN + 2};
  struct tjmp why;
  sigset_t all, before;
  sigfillset(&all);
  /* Signals of the process as a whole are for the main thread alone. */
  CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
  crew_start(crew_size(argc, argv));
  CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
  point(&why);
  for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
    CHECK(interval_left(which, NULL) == 0);
  }
  CHECK(seen == 0);
  if (why.rollbacks == ROUNDS) {
    for (int number = 0; number < 4; number++) CHECK(!is_pending(signals[number]));
    return ok();
  }
  for (int number = 0; number < 4; number++) CHECK(signal(signals[number], handle) != SIG_ERR);
  set_timer(make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0), 100000, 2000000);
  set_timer(make_timer(CLOCK_REALTIME, SIGEV_THREAD_ID, SIGRTMIN + 2, gettid()), 1000, 2000000);
  set_interval(ITIMER_PROF, 1000000, 1000000);
  set_interval(ITIMER_REAL, 100000, 2000000);
  while (seen < 3) continue;
  fall();
}
