/* belay: signal SIGSEGV; log its main thread has ended */
/* The kernel has no way to make a process's first thread again: belay says so, and steps aside. */
#include "../target.h"

static volatile int stage;
static pthread_t leader;

static void *live(void *argument) {
  while (stage == 0) sleep_ms(1);
  CHECK(pthread_join(leader, NULL) == 0);
  ok();
  fall();
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  leader = pthread_self();
  CHECK(pthread_create(&thread, NULL, live, NULL) == 0);
  CHECK(point(&why) == 1);
  CHECK(why.cause == TJMP_SAVED);
  stage = 1;
  pthread_exit(NULL);
}
