/* Points made by threads that are not the first one; each fall returns in the one that made it. */
#include "../target.h"

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static uint64_t total;

static void *live(void *argument) {
  struct tjmp why;
  for (int round = 0; round < 10; round++) {
    pthread_mutex_lock(&turn);
    pid_t tid = (pid_t)syscall(SYS_gettid);
    uint64_t before = total;
    point(&why);
    CHECK((pid_t)syscall(SYS_gettid) == tid && total == before);
    total += 1;
    if (why.cause == TJMP_SAVED) fall();
    CHECK(why.tid == tid && why.rollbacks == 1);
    pthread_mutex_unlock(&turn);
  }
  return argument;
}

int main(void) {
  pthread_t threads[8];
  for (int number = 0; number < 8; number++) {
    CHECK(pthread_create(&threads[number], NULL, live, NULL) == 0);
  }
  for (int number = 0; number < 8; number++) CHECK(pthread_join(threads[number], NULL) == 0);
  CHECK(total == 80);
  return ok();
}
