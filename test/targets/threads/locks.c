/* Mutexes held and condition variables waited for at the point are so again after a fall. */
#include "../target.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int waiting, released, woken;

static void *live(void *argument) {
  pthread_mutex_lock(&mutex);
  waiting++;
  while (released == 0) pthread_cond_wait(&condition, &mutex);
  woken++;
  pthread_mutex_unlock(&mutex);
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t threads[8];
  for (int number = 0; number < 8; number++) {
    CHECK(pthread_create(&threads[number], NULL, live, NULL) == 0);
  }
  for (int all = 0; all == 0; sleep_ms(1)) {
    pthread_mutex_lock(&mutex);
    all = waiting == 8;
    pthread_mutex_unlock(&mutex);
  }
  pthread_mutex_lock(&mutex);
  CHECK(point(&why) == 1);
  CHECK(pthread_mutex_trylock(&mutex) == EBUSY && released == 0 && woken == 0);
  released = 1;
  pthread_cond_broadcast(&condition);
  pthread_mutex_unlock(&mutex);
  for (int number = 0; number < 8; number++) CHECK(pthread_join(threads[number], NULL) == 0);
  CHECK(woken == 8);
  if (why.rollbacks < 3) fall();
  return ok();
}
