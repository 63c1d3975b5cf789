/* A thread that ended comes back with its robust list: its death with a lock is noticed. */
#include "../target.h"

static pthread_mutex_t mutex;
static volatile int stage;

static void *live(void *argument) {
  CHECK(pthread_mutex_lock(&mutex) == 0);
  stage = 1;
  while (stage == 1) sleep_ms(2);
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  void *result = NULL;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&mutex, &attributes);
  CHECK(pthread_create(&thread, NULL, live, (void *)&stage) == 0);
  while (stage == 0) sleep_ms(1);
  CHECK(point(&why) == 1);
  CHECK(pthread_mutex_trylock(&mutex) == EBUSY);
  stage = 2;
  CHECK(pthread_join(thread, &result) == 0 && result == &stage);
  CHECK(pthread_mutex_lock(&mutex) == EOWNERDEAD);
  if (why.rollbacks < 2) fall();
  return ok();
}
