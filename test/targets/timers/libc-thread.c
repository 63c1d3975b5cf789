/* Timers whose expiry begins a thread (SIGEV_THREAD of libc), set anew and deleted since. */
#include "timers.h"

static volatile int calls;

static void notify(union sigval value) {
  __atomic_add_fetch(&calls, value.sival_int, __ATOMIC_SEQ_CST);
}

int main(void) {
  struct tjmp why;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = notify};
  timer_t often, once;
  event.sigev_value.sival_int = 1;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &often) == 0);
  event.sigev_value.sival_int = 1000;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &once) == 0);
  set_timer(once, SECOND / 2, 0);
  point(&why);
  CHECK(calls == 0);
  set_timer(often, 1000000, 1000000);
  while (calls < 1003) sleep_ms(1);
  if (why.rollbacks < 2) {
    if (why.rollbacks == 1) CHECK(timer_delete(often) == 0 && timer_delete(once) == 0);
    fall();
  }
  return ok();
}
