/* belay: argument AS DATA */
/* Memory limits lowered since the point leave no room for its mappings: the jump is refused, the
 * program goes on as it was, and with its limits back it can jump. */
#include <sys/resource.h>

#include "../maps.h"

static int refused;

int main(int argc, char **argv) {
  struct tjmp why;
  struct rlimit own, low = {32 * MIB, RLIM_INFINITY};
  CHECK(argc == 2);
  __rlimit_resource_t resource = strcmp(argv[1], "AS") == 0 ? RLIMIT_AS : RLIMIT_DATA;
  char *memory = (char *)anonymous(64 * MIB);
  fill(memory, 64 * PAGE, 1);
  CHECK(tkeep(&refused, sizeof refused) == 0 || errno == ENOSYS);
  maps_save();
  int cd = point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(getrlimit(resource, &own) == 0);
    CHECK(munmap(memory, 64 * MIB) == 0);
    low.rlim_max = own.rlim_max;
    CHECK(setrlimit(resource, &low) == 0);
    CHECK(tlongjmp(cd, 1) == -1 && errno == ENOTRECOVERABLE);
    CHECK(setrlimit(resource, &own) == 0);
    refused = 1;
    tlongjmp(cd, 2);
    fail("could not go back with its limits");
  }
  CHECK(why.cause == TJMP_LONGJMP && why.value == 2 && refused == 1);
  maps_verify();
  verify(memory, 64 * PAGE, 1);
  return ok();
}
