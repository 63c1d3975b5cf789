/* belay: --retries 9; argument 1 3 */
/* Timers of every clock and kind of notice: those deleted since the point are there again, by their
 * own ids, those made since are gone, and each is set as it was. */
#include "timers.h"
#include "../crew.h"

#define KINDS 3
static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI,
                                   CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
#define CLOCKS (int)(sizeof clocks / sizeof *clocks)
#define TIMERS (CLOCKS * KINDS)
static const int kinds[KINDS] = {SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD_ID};
static timer_t timers[TIMERS];
static struct list before, after;

static int64_t set_to(int number) { return (1000 + number) * SECOND; }

static int64_t interval_of(int number) { return number % 2 == 0 ? 0 : 10000 * SECOND; }

/* Clocks of processors hardly go on: much less than a hundred seconds are used here. */
static void check_timer(int number) {
  int64_t interval, left = timer_left(timers[number], &interval);
  char name[32];
  snprintf(name, sizeof name, "timer %d", number);
  if (interval != interval_of(number)) fail("%s: its interval is %" PRId64, name, interval);
  if (number / KINDS < 4) check_left(name, left, set_to(number), 0);
  else CHECK(left <= set_to(number) && left > set_to(number) - 100 * SECOND);
}

static void change(int round, int number) {
  if (round == 0) CHECK(timer_delete(timers[number]) == 0);
  if (round == 1) set_timer(timers[number], 5000 * SECOND, SECOND);
  if (round == 2) set_timer(timers[number], 0, 0);
  if (round == 3) make_timer(clocks[number / KINDS], kinds[number % KINDS], SIGUSR2, gettid());
  if (round == 4 && number % 2 == 0) CHECK(timer_delete(timers[number]) == 0);
}

int main(int argc, char **argv) {
  struct tjmp why;
  remember();
  crew_start(crew_size(argc, argv));
  moments->set[0] = (int64_t)now_ns();
  for (int number = 0; number < TIMERS; number++) {
    timers[number] = make_timer(clocks[number / KINDS], kinds[number % KINDS], SIGUSR1, gettid());
    set_timer(timers[number], set_to(number), interval_of(number));
  }
  moments->set[1] = (int64_t)now_ns();
  timer_t idle = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
  read_list(&before);
  moments->made[0] = (int64_t)now_ns();
  point(&why);
  if (why.rollbacks == 0) {
    moments->made[1] = (int64_t)now_ns();
  } else {
    read_list(&after);
    for (int number = 0; number < before.count; number++) {
      if (strcmp(before.text[number], after.text[number]) == 0) continue;
      fail("not\n%sbut\n%s", before.text[number], after.text[number]);
    }
    CHECK(after.count == before.count);
    for (int number = 0; number < TIMERS; number++) check_timer(number);
    CHECK(timer_left(idle, NULL) == 0);
  }
  if (why.rollbacks == 5) return ok();
  for (int number = 0; number < TIMERS; number++) change((int)why.rollbacks, number);
  set_timer(idle, SECOND * 1000, 0);
  moments->fell = (int64_t)now_ns();
  fall();
}
