/* 16 threads fall at the same moment, again and again: one rollback each time, and all go on. */
#include "../target.h"

static volatile int go, arrived;
static pthread_barrier_t barrier;

static void *live(void *argument) {
  __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
  while (go == 0) __builtin_ia32_pause();
  if (go == 1) fall();
  pthread_barrier_wait(&barrier);
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t threads[15];
  pthread_barrier_init(&barrier, NULL, 16);
  for (int number = 0; number < 15; number++) {
    CHECK(pthread_create(&threads[number], NULL, live, NULL) == 0);
  }
  while (arrived < 15) sleep_ms(1);
  CHECK(point(&why) == 1);
  CHECK(go == 0 && why.rollbacks <= 3);
  if (why.rollbacks < 3) {
    go = 1;
    fall();
  }
  go = 2;
  pthread_barrier_wait(&barrier);
  for (int number = 0; number < 15; number++) CHECK(pthread_join(threads[number], NULL) == 0);
  return ok();
}
