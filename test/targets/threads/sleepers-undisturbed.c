/* belay: ; argument 1 16 100 */
/* Threads that sleep through points take no page fault for any: what the kernel writes to when they
 * go on, the areas of their restartable sequences, is not protected again each time. */
#include "../target.h"
#include <sys/resource.h>

enum { SETTLED = 8, POINTS = 32, THREADS_MAX = 128 };

static void *sleeper(void *argument) {
  for (;;) pause();
  return argument;
}

static long faults(void) {
  struct rusage usage;
  CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  return usage.ru_minflt;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  pthread_t thread;
  for (int index = 0; index < threads; index++) {
    CHECK(pthread_create(&thread, NULL, sleeper, NULL) == 0);
  }
  for (int count = 0; count < SETTLED; count++) CHECK(tforget(point(NULL)) == 0);
  long before = faults();
  for (int count = 0; count < POINTS; count++) CHECK(tforget(point(NULL)) == 0);
  long count = faults() - before;
  /* Those of the thread that makes the points: its stack and what libc keeps. */
  if (count > POINTS * 4) fail("%ld page faults in %d points", count, POINTS);
  return ok();
}
