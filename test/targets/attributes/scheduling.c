/* belay: --retries 9; argument 1 4 */
/* Each thread is run as at the point: nice value, policy, processors, priority of what it reads and
 * writes, timer slack; whichever of them were changed since, of itself or of another one. */
#include "../target.h"
#include "../crew.h"
#include <dirent.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define THREADS_MAX 8
#define IDLE_CLASS (3 << 13)

struct standing {
  int tid, nice, policy, io;
  cpu_set_t processors;
};
static struct standing before[THREADS_MAX];
static int count;

static struct standing read_standing(int tid) {
  struct standing standing = {.tid = tid};
  standing.nice = getpriority(PRIO_PROCESS, (id_t)tid);
  standing.policy = sched_getscheduler(tid);
  standing.io = (int)syscall(SYS_ioprio_get, 1, tid);
  CHECK(sched_getaffinity(tid, sizeof standing.processors, &standing.processors) == 0);
  return standing;
}

static void list_threads(void) {
  DIR *directory = opendir("/proc/self/task");
  CHECK(directory != NULL);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] != '.') before[count++] = read_standing(atoi(entry->d_name));
  }
  closedir(directory);
}

static void check(void) {
  for (int number = 0; number < count; number++) {
    struct standing *then = &before[number], now = read_standing(then->tid);
    if (memcmp(&now, then, sizeof now) == 0) continue;
    fail("thread %d: nice %d, policy %d, io %d, not %d, %d, %d", then->tid, now.nice, now.policy,
         now.io, then->nice, then->policy, then->io);
  }
  CHECK(prctl(PR_GET_TIMERSLACK) == 77000 || geteuid() != 0);
}

/* As an ordinary user may: nothing that takes privilege to take back. */
static void change(int tid, int round) {
  struct sched_param none = {0};
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; cpu++) {
    if (CPU_ISSET(cpu, &before[0].processors)) CPU_SET(cpu, &one);
  }
  if (round == 0) CHECK(sched_setaffinity(tid, sizeof one, &one) == 0);
  if (round == 1) CHECK(sched_setscheduler(tid, SCHED_BATCH, &none) == 0);
  if (round == 2) CHECK(syscall(SYS_ioprio_set, 1, tid, IDLE_CLASS) == 0);
  if (round == 3 && geteuid() == 0) CHECK(setpriority(PRIO_PROCESS, (id_t)tid, 10) == 0);
}

int main(int argc, char **argv) {
  struct tjmp why;
  crew_start(crew_size(argc, argv));
  CHECK(prctl(PR_SET_TIMERSLACK, 77000) == 0);
  list_threads();
  CHECK(setpriority(PRIO_PROCESS, (id_t)before[count - 1].tid, 5) == 0);
  before[count - 1] = read_standing(before[count - 1].tid);
  point(&why);
  check();
  CHECK(why.lost == 0);
  if (why.rollbacks == 4) return ok();
  for (int number = 0; number < count; number++) change(before[number].tid, (int)why.rollbacks);
  CHECK(prctl(PR_SET_TIMERSLACK, 99000) == 0);
  fall();
}
