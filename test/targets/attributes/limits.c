/* belay: --retries 9; argument 1 4 */
/* Limits that were lowered or raised since the point are what they were. A hard limit that was
 * lowered may be raised by few (CAP_SYS_RESOURCE): where it is not, that is said. */
#include "../target.h"
#include "../crew.h"
#include <sys/resource.h>

#define LIMITS 16
static struct rlimit before[LIMITS];

static void check(int first) {
  struct rlimit now;
  for (int number = first; number < LIMITS; number++) {
    CHECK(getrlimit((__rlimit_resource_t)number, &now) == 0);
    struct rlimit *then = &before[number];
    if (now.rlim_cur == then->rlim_cur && now.rlim_max == then->rlim_max) continue;
    fail("limit %d is %lu, %lu", number, now.rlim_cur, now.rlim_max);
  }
}

/* So much that belay, too, can work with it. */
static rlim_t other_of(int number) {
  return number == RLIMIT_NICE || number == RLIMIT_RTPRIO ? 0 : (rlim_t)1 << 36;
}

int main(int argc, char **argv) {
  struct tjmp why;
  struct rlimit limit;
  crew_start(crew_size(argc, argv));
  for (int number = 0; number < LIMITS; number++) {
    __rlimit_resource_t resource = (__rlimit_resource_t)number;
    CHECK(getrlimit(resource, &before[number]) == 0);
    if (number % 2 == 1 || before[number].rlim_max < 4096) continue;
    limit = before[number];
    limit.rlim_cur = limit.rlim_max < (rlim_t)1 << 40 ? limit.rlim_max : (rlim_t)1 << 40;
    CHECK(setrlimit(resource, &limit) == 0);
    before[number] = limit;
  }
  point(&why);
  if (why.rollbacks < 3) check(0);
  if (why.rollbacks < 3) CHECK(why.lost == 0);
  for (int number = 0; number < LIMITS && why.rollbacks < 2; number++) {
    limit = before[number];
    rlim_t other = why.rollbacks == 0 ? other_of(number) : limit.rlim_max;
    limit.rlim_cur = other < limit.rlim_max ? other : limit.rlim_max;
    CHECK(setrlimit((__rlimit_resource_t)number, &limit) == 0);
  }
  if (why.rollbacks < 2) fall();
  if (why.rollbacks == 2) {
    CHECK(getrlimit(RLIMIT_CORE, &limit) == 0);
    if (limit.rlim_max > 4096) limit.rlim_max = 4096;
    if (limit.rlim_cur > 1024) limit.rlim_cur = 1024;
    CHECK(setrlimit(RLIMIT_CORE, &limit) == 0);
    fall();
  }
  CHECK(getrlimit(RLIMIT_CORE, &limit) == 0);
  if ((why.lost & TJMP_LOST_ATTRIBUTES) == 0) check(0);
  else CHECK(limit.rlim_max == 4096 && limit.rlim_cur <= 4096);
  return ok();
}
