/* A thread that ended comes back with its own policy, nice value, processor and timer slack, not
 * with those of the thread that made it again. */
#include "../target.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static volatile int stage;
static int processor = -1;

static void check(int tid, int expected_nice, int policy, int processors) {
  cpu_set_t mask;
  CHECK(getpriority(PRIO_PROCESS, (id_t)tid) == expected_nice);
  CHECK(sched_getscheduler(tid) == policy);
  CHECK(sched_getaffinity(tid, sizeof mask, &mask) == 0 && CPU_COUNT(&mask) == processors);
  CHECK(processors != 1 || CPU_ISSET(processor, &mask));
}

static void *live(void *argument) {
  int tid = (int)syscall(SYS_gettid);
  struct sched_param none = {0};
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(processor, &mask);
  CHECK(sched_setaffinity(0, sizeof mask, &mask) == 0);
  CHECK(setpriority(PRIO_PROCESS, (id_t)tid, 19) == 0);
  CHECK(sched_setscheduler(0, SCHED_BATCH, &none) == 0);
  CHECK(prctl(PR_SET_TIMERSLACK, 123456) == 0);
  stage = 1;
  while (stage == 1) sleep_ms(5);
  CHECK((int)syscall(SYS_gettid) == tid);
  check(tid, 19, SCHED_BATCH, 1);
  CHECK(prctl(PR_GET_TIMERSLACK) == 123456);
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  cpu_set_t mask;
  void *result = NULL;
  int own_nice = getpriority(PRIO_PROCESS, 0);
  CHECK(sched_getaffinity(0, sizeof mask, &mask) == 0);
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (CPU_ISSET(cpu, &mask)) processor = cpu;
  }
  CHECK(pthread_create(&thread, NULL, live, (void *)&stage) == 0);
  while (stage == 0) sleep_ms(1);
  CHECK(point(&why) == 1 && stage == 1);
  CHECK(why.lost == 0);
  stage = 2;
  CHECK(pthread_join(thread, &result) == 0 && result == &stage);
  check(0, own_nice, SCHED_OTHER, CPU_COUNT(&mask));
  if (why.rollbacks < 2) fall();
  return ok();
}
