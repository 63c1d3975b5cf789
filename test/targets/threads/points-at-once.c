/* 16 threads make points at the same moment: each gets its own, and none is lost or given twice. */
#include "../target.h"

#define EACH 20
static volatile int go;
static int owner[16 * EACH + 2];

static void *live(void *argument) {
  while (go == 0) __builtin_ia32_pause();
  for (int round = 0; round < EACH; round++) {
    int cd = point(NULL);
    CHECK(cd >= 2 && cd < 16 * EACH + 2);
    CHECK(__atomic_exchange_n(&owner[cd], (int)(intptr_t)argument, __ATOMIC_SEQ_CST) == 0);
  }
  return NULL;
}

int main(void) {
  struct tjmp why;
  pthread_t threads[16];
  CHECK(point(&why) == 1);
  if (why.cause != TJMP_SAVED) return ok();
  for (intptr_t number = 0; number < 16; number++) {
    CHECK(pthread_create(&threads[number], NULL, live, (void *)(number + 1)) == 0);
  }
  go = 1;
  for (int number = 0; number < 16; number++) CHECK(pthread_join(threads[number], NULL) == 0);
  for (int cd = 2; cd < 16 * EACH + 2; cd++) CHECK(owner[cd] != 0);
  tlongjmp(1, 1);
  fail("tlongjmp came back: errno %d", errno);
}
