/* Under personality(READ_IMPLIES_EXEC) mappings come back with the protection that they had, not
 * executable; and the personality is what it was. */
#include <sys/personality.h>

#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *mapped = (char *)anonymous(4 * PAGE), *protected = (char *)anonymous(4 * PAGE);
  fill(mapped, 4 * PAGE, 1);
  fill(protected, 4 * PAGE, 2);
  CHECK(personality(READ_IMPLIES_EXEC) >= 0);
  maps_save();
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(mapped, 4 * PAGE) == 0 && mprotect(protected, PAGE, PROT_NONE) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(mapped, 4 * PAGE, 1);
  verify(protected, 4 * PAGE, 2);
  CHECK(personality(0xffffffff) == READ_IMPLIES_EXEC);
  return ok();
}
