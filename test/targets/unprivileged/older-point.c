/* A point whose threads cannot all come back is passed over for an older one. */
#include "../target.h"

static void *live(void *argument) {
  sleep_ms(20);
  return argument;
}

int main(void) {
  struct tjmp older, newer;
  pthread_t thread;
  CHECK(point(&older) == 1);
  if (older.cause == TJMP_SIGNAL) {
    CHECK(older.rollbacks == 1);
    return ok();
  }
  CHECK(pthread_create(&thread, NULL, live, NULL) == 0);
  CHECK(point(&newer) == 2);
  CHECK(newer.cause == TJMP_SAVED);
  CHECK(pthread_join(thread, NULL) == 0);
  fall();
}
