/* Descriptors that are not live give EBADF, and the program goes on. */
#include "../target.h"
#include <limits.h>

int main(void) {
  static const int bad[] = {0, -1, 2, 999999, INT_MAX, INT_MIN};
  struct tjmp why;
  int cd = point(&why);
  CHECK(cd == 1 && why.cause == TJMP_SAVED);
  for (size_t index = 0; index < sizeof bad / sizeof *bad; index++) {
    errno = 0;
    CHECK(tlongjmp(bad[index], 1) == -1 && errno == EBADF);
    errno = 0;
    CHECK(tforget(bad[index]) == -1 && errno == EBADF);
  }
  CHECK(tforget(cd) == 0);
  CHECK(tforget(cd) == -1 && errno == EBADF);
  CHECK(tlongjmp(cd, 1) == -1 && errno == EBADF);
  return ok();
}
