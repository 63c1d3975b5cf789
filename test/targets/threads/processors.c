/*
 * The processors that a program may run on are its own: threads begun behind a point have them,
 * and what another process sets is in force. Needs two processors to tell anything.
 */
#include "../target.h"
#include <sched.h>

#define THREADS 40
#define SETTINGS 1000
#define LOOKS 300000

static cpu_set_t own;
static volatile int is_wrong;
static volatile int *is_over;

static void *compare(void *argument) {
  cpu_set_t now;
  sleep_ms(5);
  CHECK(sched_getaffinity(0, sizeof now, &now) == 0);
  if (!CPU_EQUAL(&own, &now)) is_wrong = 1;
  return argument;
}

/* Answers how often another process saw other processors than the thread's own. */
static int look_from_outside(pid_t pid) {
  int wrong = 0;
  for (int i = 0; i < LOOKS; i++) {
    cpu_set_t now;
    CHECK(sched_getaffinity(pid, sizeof now, &now) == 0);
    if (!CPU_EQUAL(&own, &now)) wrong++;
  }
  return wrong;
}

/* Processors 0, 1, or both, in turn. Answers how many settings were not in force afterwards. */
static int set_from_outside(pid_t pid) {
  int lost = 0;
  for (int i = 0; i < SETTINGS; i++) {
    cpu_set_t set, now;
    CPU_ZERO(&set);
    if (i % 3 != 1) CPU_SET(0, &set);
    if (i % 3 != 0) CPU_SET(1, &set);
    CHECK(sched_setaffinity(pid, sizeof set, &set) == 0);
    usleep(300);
    CHECK(sched_getaffinity(pid, sizeof now, &now) == 0);
    if (!CPU_EQUAL(&set, &now)) lost++;
  }
  return lost;
}

int main(void) {
  CHECK(sched_getaffinity(0, sizeof own, &own) == 0);
  is_over = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(is_over != MAP_FAILED);
  for (int i = 0; i < THREADS; i++) {
    pthread_t thread;
    int cd = point(NULL);
    CHECK(pthread_create(&thread, NULL, compare, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0 && tforget(cd) == 0);
  }
  CHECK(!is_wrong);
  if (CPU_COUNT(&own) < 2 || !CPU_ISSET(0, &own) || !CPU_ISSET(1, &own)) return ok();
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    int wrong = look_from_outside(parent) + set_from_outside(parent);
    *is_over = 1;
    _exit(wrong > 0);
  }
  while (!*is_over) CHECK(tforget(point(NULL)) == 0);
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  return ok();
}
