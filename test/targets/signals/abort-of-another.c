/* belay: --retries 100 */
/* Threads that abort while another one falls: what was on its way to them is undone, too. */
#include "../target.h"

static volatile int go;

static void *die(void *argument) {
  while (!go) sched_yield();
  abort();
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t threads[4];
  for (int index = 0; index < 4; index++) {
    CHECK(pthread_create(&threads[index], NULL, die, NULL) == 0);
  }
  sleep_ms(10);
  point(&why);
  if (why.rollbacks < 3) {
    go = 1;
    fall();
  }
  sleep_ms(20);
  return ok();
}
