/* A signal that a thread was stopped for when the point was made has not arrived yet there: after
 * going back it arrives again. */
#include "../target.h"

enum { ROUNDS = 300, PATIENCE_MS = 2000 };

static volatile int arrived;
static volatile uint64_t turns;

static void on_signal(int signo) {
  CHECK(signo == SIGUSR1);
  arrived++;
}

static void *spin(void *argument) {
  for (;;) turns++;
  return argument;
}

static void await(int count, const char *when) {
  struct timespec pause = {0, 100000};
  for (int left = PATIENCE_MS * 10; arrived < count; left--) {
    if (left == 0) fail("signal %d did not arrive %s", count, when);
    nanosleep(&pause, NULL);
  }
  if (arrived != count) fail("%d signals of %d arrived %s", arrived, count, when);
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  CHECK(signal(SIGUSR1, on_signal) != SIG_ERR);
  CHECK(pthread_create(&thread, NULL, spin, NULL) == 0);
  for (int round = 1; round <= ROUNDS; round++) {
    uint64_t before = turns;
    while (turns == before) continue;
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    int cd = point(&why);
    await(round, why.cause == TJMP_SAVED ? "the first time" : "after the jump");
    if (why.cause == TJMP_SAVED) tlongjmp(cd, 1);
    CHECK(why.cause == TJMP_LONGJMP);
    CHECK(tforget(cd) == 0);
  }
  return ok();
}
