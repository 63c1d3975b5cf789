/* Detached threads that ended, their stacks reused or unmapped, come back and end once more. */
#include "../target.h"

static volatile int started, go, ended;

static void *live(void *argument) {
  uint64_t local[512];
  fill(local, sizeof local, (uint64_t)(uintptr_t)argument);
  __atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
  while (go == 0) sleep_ms(2);
  verify(local, sizeof local, (uint64_t)(uintptr_t)argument);
  __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
  return NULL;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  for (uintptr_t number = 1; number <= 6; number++) {
    CHECK(pthread_create(&thread, NULL, live, (void *)number) == 0);
    CHECK(pthread_detach(thread) == 0);
  }
  while (started < 6) sleep_ms(1);
  CHECK(point(&why) == 1);
  CHECK(ended == 0 && go == 0);
  go = 1;
  while (ended < 6) sleep_ms(1);
  sleep_ms(10);
  if (why.rollbacks < 2) fall();
  return ok();
}
