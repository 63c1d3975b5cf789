/* belay: --memory 6M */
/* Shared memory that does not fit: the point is refused, with what was saved of private memory. */
#include "../target.h"

enum { OWN = 16, SHARED = 6 };

static char own[OWN * 4096];

int main(void) {
  struct tjmp why;
  int flags = MAP_SHARED | MAP_ANONYMOUS;
  char *shared = mmap(NULL, SHARED * MIB, PROT_READ | PROT_WRITE, flags, -1, 0);
  CHECK(shared != MAP_FAILED);
  fill(shared, MIB, 1);
  fill(own, sizeof own, 1);
  point(&why);
  if (why.rollbacks == 0) {
    fill(shared, SHARED * MIB, 2);
    fill(own, sizeof own, 2);
    for (int round = 0; round < 2; round++) CHECK(tsetjmp(NULL) == -1 && errno == ENOMEM);
    fall();
  }
  verify(own, sizeof own, 1);
  verify(shared, MIB, 1);
  verify_zero(shared + MIB, (SHARED - 1) * MIB);
  if (why.rollbacks == 1) {
    /* To read a hole fills it. */
    CHECK(madvise(shared + MIB, (SHARED - 1) * MIB, MADV_REMOVE) == 0);
    memset(own, 1, PAGE);
    CHECK(point(NULL) > 1);
    tlongjmp(1, 0);
  }
  return ok();
}
