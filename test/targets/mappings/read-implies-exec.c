/* Under personality(READ_IMPLIES_EXEC), what was not executable comes back so. */
#include "../maps.h"
#include <sys/personality.h>

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(8 * PAGE);
  fill(memory, 8 * PAGE, 1);
  CHECK(personality(READ_IMPLIES_EXEC) >= 0);
  maps_save();
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, 4 * PAGE) == 0);
    CHECK(mprotect(memory + 4 * PAGE, PAGE, PROT_READ) == 0);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  verify(memory, 8 * PAGE, 1);
  CHECK((personality(0xffffffff) & READ_IMPLIES_EXEC) != 0);
  return ok();
}
