/* Restartable sequences stay registered, for threads that stayed and for threads that came back. */
#include "../target.h"
#include <sched.h>
#include <sys/rseq.h>

static volatile int stage;

/* The kernel keeps cpu_id up to date on every move of a registered thread. */
static void check_rseq(void) {
  const volatile struct rseq *area =
      (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
  cpu_set_t all, one;
  CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &all)) continue;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
    if (__rseq_size > 0 && (int)area->cpu_id != cpu) fail("cpu %d, not %d", (int)area->cpu_id, cpu);
  }
  CHECK(sched_setaffinity(0, sizeof all, &all) == 0);
}

static void *live(void *argument) {
  stage = 1;
  while (stage == 1) sleep_ms(2);
  check_rseq();
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, live, NULL) == 0);
  while (stage == 0) sleep_ms(1);
  CHECK(point(&why) == 1);
  check_rseq();
  stage = 2;
  CHECK(pthread_join(thread, NULL) == 0);
  if (why.rollbacks < 2) fall();
  return ok();
}
