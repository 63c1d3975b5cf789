/* A data limit holds what the point had, and what there is now, but not both: what is new goes
 * before the program break is raised again. */
#include <sys/resource.h>

#include "../maps.h"

int main(void) {
  struct tjmp why;
  struct rlimit limit;
  char *heap = (char *)sbrk(0);
  CHECK(sbrk(16 * MIB) == heap);
  fill(heap, 16 * PAGE, 1);
  int cd = point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(sbrk(-(intptr_t)(16 * MIB)) != (void *)-1);
    anonymous(12 * MIB);
    CHECK(getrlimit(RLIMIT_DATA, &limit) == 0);
    limit.rlim_cur = 20 * MIB;
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
    tlongjmp(cd, 1);
    fail("could not go back");
  }
  CHECK(why.cause == TJMP_LONGJMP && why.value == 1 && why.lost == 0);
  CHECK(sbrk(0) == heap + 16 * MIB);
  verify(heap, 16 * PAGE, 1);
  return ok();
}
