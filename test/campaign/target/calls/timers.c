/* Timers of a process: alarm, setitimer, timer_create. None goes off while it lives. */
#include "calls.h"

#include <time.h>

enum { SOON_S = 50000, KINDS_OF_ITIMER = 3 };

static long set_alarm(struct caller *c) {
  return sys1(SYS_alarm, one_in(c, 4) ? 0 : SOON_S + pick(c, SOON_S));
}

static long set_itimer(struct caller *c) {
  u64 times[4] = {pick(c, 100), pick(c, 1000), one_in(c, 4) ? 0 : SOON_S + pick(c, SOON_S), 0};
  return sys3(SYS_setitimer, pick(c, KINDS_OF_ITIMER), times, 0);
}

static long timer_new(struct caller *c) {
  static const int clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};
  struct sigevent event = {.sigev_signo = 37, .sigev_notify = (int)pick(c, 2)}; /* SIGNAL, NONE */
  u64 n = pick(c, TIMERS_MAX);
  event.sigev_value.sival_ptr = (void *)draw(&c->draws);
  if (c->has_timer[n]) return 0;
  long result = sys3(SYS_timer_create, clocks[pick(c, 3)], &event, &c->timers[n]);
  c->has_timer[n] = result == 0;
  return result;
}

static long timer_set(struct caller *c) {
  u64 times[4] = {pick(c, 100), pick(c, 1000), one_in(c, 4) ? 0 : SOON_S + pick(c, SOON_S), 0};
  u64 n = pick(c, TIMERS_MAX);
  return c->has_timer[n] ? sys4(SYS_timer_settime, c->timers[n], 0, times, 0) : 0;
}

static long timer_end(struct caller *c) {
  u64 n = pick(c, TIMERS_MAX);
  if (!c->has_timer[n]) return 0;
  c->has_timer[n] = 0;
  return sys1(SYS_timer_delete, c->timers[n]);
}

void report_itimers(void) {
  for (u64 which = 0; which < KINDS_OF_ITIMER; which++) {
    u64 times[4] = {0};
    if (sys2(SYS_getitimer, which, times) || !(times[0] | times[1] | times[2] | times[3])) continue;
    report_line("itimer-interval", which, times, 2);
    report_line("itimer-remaining", which, times + 2, 1);
  }
}

void report_timers(const struct caller *c) {
  for (u64 n = 0; n < TIMERS_MAX; n++) {
    u64 times[4] = {0}, overrun, key = c->index * 10UL + n;
    if (!c->has_timer[n]) continue;
    if (sys2(SYS_timer_gettime, c->timers[n], times)) continue;
    overrun = (u64)sys1(SYS_timer_getoverrun, c->timers[n]);
    report_line("timer-interval", key, times, 2);
    report_line("timer-remaining", key, times + 2, 1);
    report_line("timer-overrun", key, &overrun, 1);
  }
}

const struct row timer_rows[] = {
  {"alarm", 1, set_alarm},
  {"setitimer", 2, set_itimer},
  {"timer_create", 3, timer_new},
  {"timer_settime", 3, timer_set},
  {"timer_delete", 2, timer_end},
  {0},
};
