/* belay: argument AS DATA */
/* A limit lowered since the point to what is mapped leaves no room for a page of belay's own, which
 * it needs to put handlers back: the jump is refused, not begun, though no mapping has changed. */
#include <sys/resource.h>

#include "../maps.h"

static int refused;

int main(int argc, char **argv) {
  struct tjmp why;
  struct rlimit own, low = {16 * PAGE, RLIM_INFINITY};
  struct sigaction now;
  CHECK(argc == 2);
  __rlimit_resource_t resource = strcmp(argv[1], "AS") == 0 ? RLIMIT_AS : RLIMIT_DATA;
  CHECK(tkeep(&refused, sizeof refused) == 0 || errno == ENOSYS);
  int cd = point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(getrlimit(resource, &own) == 0);
    CHECK(signal(SIGUSR1, SIG_IGN) == SIG_DFL);
    low.rlim_max = own.rlim_max;
    CHECK(setrlimit(resource, &low) == 0);
    CHECK(tlongjmp(cd, 1) == -1 && errno == ENOTRECOVERABLE);
    CHECK(setrlimit(resource, &own) == 0);
    refused = 1;
    tlongjmp(cd, 2);
    fail("could not go back with its limits");
  }
  CHECK(why.cause == TJMP_LONGJMP && why.value == 2 && refused == 1);
  CHECK(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
  return ok();
}
