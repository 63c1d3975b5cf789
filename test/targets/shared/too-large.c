/* More than is compared is left as it is, and named; what is less beside it goes back. */
#include "shared.h"

int main(void) {
  struct tjmp why;
  char *small = shared_anonymous(PAGE), *large = shared_anonymous(32 * MIB);
  fill(small, PAGE, 1);
  fill(large, 32 * MIB, 1);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    fill(small, PAGE, 2);
    fill(large, 32 * MIB, 2);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_SHARED) != 0);
  verify(small, PAGE, 1);
  verify(large, 32 * MIB, 2);
  return ok();
}
