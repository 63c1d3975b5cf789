/* A wait with a time limit comes to its end in a thread that itself goes back into the middle of it
 * again and again: what was left at the point is left, not the whole limit. And it is not early. */
#include "../target.h"
#include <poll.h>

enum { LIMIT_MS = 1000, ROUND_MS = 100, ROUNDS = 40 };

static volatile int cd, done;

static void jump(int signo) {
  (void)signo;
  tlongjmp(cd, 1);
}

static void *waiting(void *unused) {
  uint64_t start = now_ns();
  CHECK(poll(NULL, 0, LIMIT_MS) == 0);
  uint64_t ms = (now_ns() - start) / 1000000;
  if (ms < LIMIT_MS - 1) fail("it was early: %" PRIu64 " ms", ms);
  done = 1;
  return unused;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  CHECK(signal(SIGUSR1, jump) != SIG_ERR && tforget(point(NULL)) == 0);
  CHECK(pthread_create(&thread, NULL, waiting, NULL) == 0);
  for (int round = 0; round < ROUNDS && !done; round++) {
    sleep_ms(ROUND_MS);
    cd = point(&why);
    if (why.rollbacks == 0) {
      pthread_kill(thread, SIGUSR1);
      while (!done) sleep_ms(1);
    }
    CHECK(tforget(cd) == 0);
  }
  if (!done) fail("it waits for ever");
  CHECK(pthread_join(thread, NULL) == 0);
  return ok();
}
