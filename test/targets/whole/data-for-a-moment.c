/* Memory that was writable once is mapped writable for a moment, which a data limit lowered since
 * forbids: the jump is refused with nothing touched, and with the limit back it is made. */
#include <sys/resource.h>

#include "../maps.h"

static int refused;

int main(void) {
  struct tjmp why;
  struct rlimit own, low = {32 * MIB, RLIM_INFINITY};
  char *memory = (char *)anonymous(64 * MIB);
  fill(memory, 64 * PAGE, 1);
  CHECK(mprotect(memory, 64 * MIB, PROT_READ) == 0);
  CHECK(tkeep(&refused, sizeof refused) == 0 || errno == ENOSYS);
  maps_save();
  int cd = point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(getrlimit(RLIMIT_DATA, &own) == 0);
    CHECK(munmap(memory, 64 * MIB) == 0);
    low.rlim_max = own.rlim_max;
    CHECK(setrlimit(RLIMIT_DATA, &low) == 0);
    CHECK(tlongjmp(cd, 1) == -1 && errno == ENOTRECOVERABLE);
    CHECK(setrlimit(RLIMIT_DATA, &own) == 0);
    refused = 1;
    tlongjmp(cd, 2);
    fail("could not go back with its limit");
  }
  CHECK(why.cause == TJMP_LONGJMP && why.value == 2 && refused == 1);
  maps_verify();
  verify(memory, 64 * PAGE, 1);
  return ok();
}
