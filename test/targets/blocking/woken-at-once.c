/* belay: argument pause sigsuspend nanosleep clock-nanosleep read epoll-wait */
/*
 * A thread that waits in a call when the point is made is in that call when it goes back: a signal
 * that is sent to it at once ends the call, and does not come before it.
 */
#include "asleep.h"
#include <sys/epoll.h>

#define ROUNDS 60
#define PATIENCE_MS 10000

static const char *kind;
static int ends[2], epoll;
static volatile int tid, woken;

static void on_signal(int signo) { (void)signo; }

static long wait_in_call(void) {
  struct timespec hour = {3600, 0};
  struct epoll_event event;
  sigset_t none;
  char byte;
  sigemptyset(&none);
  if (strcmp(kind, "pause") == 0) return pause();
  if (strcmp(kind, "sigsuspend") == 0) return sigsuspend(&none);
  if (strcmp(kind, "nanosleep") == 0) return nanosleep(&hour, NULL);
  if (strcmp(kind, "clock-nanosleep") == 0) return syscall(SYS_clock_nanosleep, 1, 0, &hour, NULL);
  if (strcmp(kind, "read") == 0) return read(ends[0], &byte, 1);
  return epoll_wait(epoll, &event, 1, -1);
}

static void *waiter(void *argument) {
  tid = (int)syscall(SYS_gettid);
  for (int round = 0; round < ROUNDS; round++) {
    CHECK(wait_in_call() == -1 && errno == EINTR);
    woken = round + 1;
  }
  return argument;
}

int main(int argc, char **argv) {
  struct sigaction action = {.sa_handler = on_signal};
  struct tjmp why;
  pthread_t thread;
  kind = argc > 1 ? argv[1] : "pause";
  epoll = epoll_create1(0);
  CHECK(epoll >= 0 && pipe(ends) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
  CHECK(pthread_create(&thread, NULL, waiter, NULL) == 0);
  while (tid == 0) sleep_ms(1);
  for (volatile int round = 0; round < ROUNDS; round++) {
    while (woken != round || !is_asleep(getpid(), tid)) sleep_ms(1);
    int cd = point(&why);
    if (why.rollbacks == 0) fall();
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    for (int ms = 0; woken == round; ms++) {
      if (ms == PATIENCE_MS) fail("round %d: it waits on", round);
      sleep_ms(1);
    }
    CHECK(tforget(cd) == 0);
  }
  CHECK(pthread_join(thread, NULL) == 0);
  return ok();
}
