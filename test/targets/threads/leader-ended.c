/* The first thread has ended since the point, the others fell: it comes back, with its stack. */
#include "../target.h"

static volatile int stage;
static pthread_t leader;

static void *live(void *argument) {
  while (stage == 0) sleep_ms(1);
  CHECK(pthread_join(leader, NULL) == 0);
  fall();
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  uint64_t local[512];
  fill(local, sizeof local, 1);
  leader = pthread_self();
  CHECK(pthread_create(&thread, NULL, live, NULL) == 0);
  CHECK(point(&why) == 1);
  verify(local, sizeof local, 1);
  CHECK(stage == 0 && (pid_t)syscall(SYS_gettid) == getpid());
  if (why.rollbacks == 2) return ok();
  stage = 1;
  pthread_exit(NULL);
}
