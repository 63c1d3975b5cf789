/* How long timers may run, by the kernel's own clock: what is known survives rollbacks. */
#ifndef TIMERS_H
#define TIMERS_H

#include "../target.h"
#include <sys/time.h>

#define SECOND INT64_C(1000000000)

/* When a timer was set, the point made, and the program about to fall: before and after. */
struct moments {
  int64_t set[2], made[2], fell;
};
static struct moments moments_kept;
static struct moments *const moments = &moments_kept;

UNUSED static void remember(void) { keep(&moments_kept, sizeof moments_kept); }

/* What is left is what was at the point, less what has gone by since coming back. */
UNUSED static void check_left(const char *what, int64_t left, int64_t set_to, int64_t slack) {
  int64_t now = (int64_t)now_ns();
  int64_t most = set_to - (moments->made[0] - moments->set[1]);
  int64_t least = set_to - (moments->made[1] - moments->set[0]) - (now - moments->fell);
  /* Microseconds are rounded up, by the kernel and on the way back. */
  if (left < least - 2000 - slack || left > most + 2000 + slack) {
    fail("%s: %" PRId64 " left, not %" PRId64 " to %" PRId64, what, left, least, most);
  }
}

UNUSED static int64_t ns_of(struct timespec time) { return time.tv_sec * SECOND + time.tv_nsec; }

UNUSED static struct timespec spec_of(int64_t ns) {
  return (struct timespec){ns / SECOND, ns % SECOND};
}

UNUSED static void set_interval(int which, int64_t ns, int64_t interval) {
  struct itimerval value = {{interval / SECOND, interval % SECOND / 1000},
                            {ns / SECOND, ns % SECOND / 1000}};
  CHECK(setitimer(which, &value, NULL) == 0);
}

UNUSED static int64_t interval_left(int which, int64_t *interval) {
  struct itimerval value;
  CHECK(getitimer(which, &value) == 0);
  if (interval != NULL) {
    *interval = value.it_interval.tv_sec * SECOND + value.it_interval.tv_usec * 1000;
  }
  return value.it_value.tv_sec * SECOND + value.it_value.tv_usec * 1000;
}

UNUSED static timer_t make_timer(clockid_t clock, int notify, int signo, int tid) {
  struct sigevent event = {.sigev_notify = notify, .sigev_signo = signo};
  timer_t timer;
  event.sigev_value.sival_ptr = (void *)UINT64_C(0x123456789ab);
  event._sigev_un._tid = tid;
  CHECK(timer_create(clock, &event, &timer) == 0);
  return timer;
}

UNUSED static void set_timer(timer_t timer, int64_t ns, int64_t interval) {
  struct itimerspec value = {spec_of(interval), spec_of(ns)};
  CHECK(timer_settime(timer, 0, &value, NULL) == 0);
}

UNUSED static int64_t timer_left(timer_t timer, int64_t *interval) {
  struct itimerspec value;
  CHECK(timer_gettime(timer, &value) == 0);
  if (interval != NULL) *interval = ns_of(value.it_interval);
  return ns_of(value.it_value);
}

/* The kernel's list of the program's timers, in order of their ids. */
struct list {
  char text[64][160];
  int count;
};

UNUSED static int by_text(const void *one, const void *other) { return strcmp(one, other); }

UNUSED static void read_list(struct list *list) {
  char line[160];
  FILE *file = fopen("/proc/self/timers", "r");
  CHECK(file != NULL);
  memset(list, 0, sizeof *list);
  while (fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, "ID:", 3) == 0) list->count++;
    CHECK(list->count <= 64);
    strcat(list->text[list->count - 1], line);
  }
  fclose(file);
  qsort(list->text, (size_t)list->count, sizeof list->text[0], by_text);
}

UNUSED static int is_pending(int signo) {
  sigset_t set;
  CHECK(sigpending(&set) == 0);
  return sigismember(&set, signo);
}

UNUSED static void block(int signo) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signo);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
}

/* Take one that waits off the queue; the number of its timer, or -1: none waits. */
UNUSED static int take(int signo, siginfo_t *info) {
  struct timespec no_time = {0, 0};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signo);
  return sigtimedwait(&set, info, &no_time);
}

#endif
