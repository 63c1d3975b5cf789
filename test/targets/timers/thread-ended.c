/* Timers that send their signals to a thread, or count its time, and whose thread has ended since
 * the point: it is there again, and they are its own. */
#include "timers.h"

static timer_t notifies, counts;
static volatile int is_ready, is_to_end, is_told;

static void *work(void *argument) {
  siginfo_t info;
  notifies = make_timer(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR1, gettid());
  counts = make_timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_THREAD_ID, SIGUSR1, gettid());
  set_timer(notifies, SECOND / 2, 0);
  set_timer(counts, 1000 * SECOND, 0);
  is_ready = 1;
  while (!is_to_end) {
    if (take(SIGUSR1, &info) == SIGUSR1 && info.si_code == SI_TIMER) is_told = 1;
  }
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  block(SIGUSR1);
  CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
  while (!is_ready) sleep_ms(1);
  point(&why);
  if (why.rollbacks == 0) {
    is_to_end = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    fall();
  }
  while (!is_told) sleep_ms(1);
  int64_t left = timer_left(counts, NULL);
  sleep_ms(20);
  /* It counts, while the thread spins. */
  while (timer_left(counts, NULL) == left) sleep_ms(1);
  CHECK(left > 0 && left <= 1000 * SECOND);
  is_to_end = 1;
  CHECK(pthread_join(thread, NULL) == 0);
  return ok();
}
