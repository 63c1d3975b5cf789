/* belay: --every 1 */
/*
 * A thread that sleeps in pause, sigsuspend or read is woken by each signal that is sent to it,
 * although it is stopped all the time: between a stop and its call it is never out of the call.
 */
#include "asleep.h"

#define ROUNDS 1500

static int ends[2];
static volatile int tid, woken;

static void on_signal(int signo) { (void)signo; }

static long wait_in_call(int round) {
  char byte;
  sigset_t none;
  sigemptyset(&none);
  if (round % 3 == 0) return pause();
  if (round % 3 == 1) return sigsuspend(&none);
  return read(ends[0], &byte, 1);
}

static void *waiter(void *argument) {
  tid = (int)syscall(SYS_gettid);
  for (int round = 0; round < ROUNDS; round++) {
    CHECK(wait_in_call(round) == -1 && errno == EINTR);
    woken = round + 1;
  }
  return argument;
}

int main(void) {
  struct sigaction action = {.sa_handler = on_signal};
  pthread_t thread;
  CHECK(tforget(point(NULL)) == 0);
  CHECK(pipe(ends) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
  CHECK(pthread_create(&thread, NULL, waiter, NULL) == 0);
  while (tid == 0) sleep_ms(1);
  for (int round = 0; round < ROUNDS; round++) {
    while (woken != round || !is_asleep(getpid(), tid)) usleep(50);
    usleep((useconds_t)(round * 37 % 2000));
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    for (int ms = 0; woken == round; ms++) {
      if (ms == 100000) fail("round %d: it waits on", round);
      usleep(100);
    }
  }
  CHECK(pthread_join(thread, NULL) == 0);
  return ok();
}
