/*
 * Loops a blocking call for a second while the process is stopped again and again (--every 5), and
 * once more while another thread makes it roll back: never EINTR, never early, never absurdly late.
 */
#ifndef BLOCKING_H
#define BLOCKING_H

#include "../target.h"

/* Makes one call that lasts `ms` and checks its result; called in the thread that is measured. */
typedef void (*blocking_call)(long ms);

#define ROUNDS 4
#define SPAN_MS 250

static volatile int blocking_stage;
static blocking_call blocking_chosen;

/* The clock goes on in a rollback, so a call may last longer by the time between point and fall. */
UNUSED static void blocking_measure(blocking_call call, long ms, long more_ms) {
  uint64_t start = now_ns();
  call(ms);
  long elapsed = (long)((now_ns() - start) / 1000000);
  if (elapsed < ms - 1) fail("%ld ms early: %ld of %ld", ms - elapsed, elapsed, ms);
  if (elapsed > 3 * ms + more_ms) fail("late: %ld of %ld ms", elapsed, ms);
}

UNUSED static void *blocking_thread(void *argument) {
  blocking_stage = 1;
  blocking_measure(blocking_chosen, SPAN_MS, 500);
  blocking_stage = 2;
  return argument;
}

/*
 * A thread that is in the call while the first one makes points and returns to them. Not once the
 * call is over, or may be on a busy machine: a child it has waited for, a byte it has read, or the
 * expiry of a timer, does not come back.
 */
UNUSED static void blocking_with_rollbacks(blocking_call call) {
  struct tjmp why;
  pthread_t thread;
  blocking_chosen = call;
  blocking_stage = 0;
  uint64_t end = now_ns() + SPAN_MS / 2 * UINT64_C(1000000);
  CHECK(pthread_create(&thread, NULL, blocking_thread, NULL) == 0);
  while (blocking_stage == 0) sleep_ms(1);
  for (volatile int round = 0; round < 5; round++) {
    sleep_ms(3);
    int cd = point(&why);
    sleep_ms(3);
    if (why.rollbacks < 2 && blocking_stage == 1 && now_ns() < end) tlongjmp(cd, 1);
  }
  CHECK(pthread_join(thread, NULL) == 0 && blocking_stage == 2);
}

UNUSED static int blocking_main(blocking_call call) {
  CHECK(tforget(point(NULL)) == 0);
  for (int round = 0; round < ROUNDS; round++) blocking_measure(call, SPAN_MS, 0);
  blocking_with_rollbacks(call);
  return ok();
}

UNUSED static struct timespec span_of(long ms) {
  struct timespec span = {ms / 1000, ms % 1000 * 1000000};
  return span;
}

/* The moment `ms` from now on a clock. */
UNUSED static struct timespec moment(clockid_t clock, long ms) {
  struct timespec at;
  clock_gettime(clock, &at);
  at.tv_nsec += ms % 1000 * 1000000;
  at.tv_sec += ms / 1000 + at.tv_nsec / 1000000000;
  at.tv_nsec %= 1000000000;
  return at;
}

/* Sends something from another thread after `ms`: for calls that have no time limit. */
struct later {
  long ms;
  void (*send)(void);
};
UNUSED static void *later_thread(void *argument) {
  struct later *later = (struct later *)argument;
  struct timespec span = span_of(later->ms);
  CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL) == 0);
  later->send();
  return NULL;
}
UNUSED static pthread_t send_later(struct later *later) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, later_thread, later) == 0);
  return thread;
}

#endif
