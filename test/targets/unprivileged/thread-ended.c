/* belay: signal SIGSEGV; log cannot be chosen without privilege */
/* An ordinary user may not choose a thread's id: belay says so, and the signal is delivered. */
#include "../target.h"

static volatile int is_made;

/* Until there is a point. */
static void *live(void *argument) {
  while (!is_made) sleep_ms(1);
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, live, NULL) == 0);
  CHECK(point(&why) == 1);
  CHECK(why.cause == TJMP_SAVED);
  is_made = 1;
  CHECK(pthread_join(thread, NULL) == 0);
  ok();
  fall();
}
