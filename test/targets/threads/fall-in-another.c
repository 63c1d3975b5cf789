/* The point is one thread's, the fall another's: `tid` names it, and both go on. */
#include "../target.h"

static volatile int stage, tid;

static void *live(void *argument) {
  tid = (int)syscall(SYS_gettid);
  while (stage < 2) {
    if (stage == 1) fall();
  }
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  void *result = NULL;
  CHECK(pthread_create(&thread, NULL, live, (void *)&stage) == 0);
  while (tid == 0) sleep_ms(1);
  CHECK(point(&why) == 1);
  CHECK(stage == 0);
  if (why.rollbacks < 2) {
    stage = 1;
    for (;;) pause();
  }
  CHECK(why.cause == TJMP_SIGNAL && why.tid == tid && tid != getpid());
  stage = 2;
  CHECK(pthread_join(thread, &result) == 0 && result == &stage);
  return ok();
}
