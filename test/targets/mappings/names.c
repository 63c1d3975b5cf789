/* Names that the program gave to anonymous memory come back with it, and new ones go. */
#include "../maps.h"
#include <sys/prctl.h>

#define SET_VMA 0x53564d41

static int give_name(void *start, size_t size, const char *name) {
  return prctl(SET_VMA, 0, start, size, name);
}

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(16 * PAGE);
  char *shared = (char *)mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                              -1, 0);
  CHECK(shared != MAP_FAILED);
  fill(memory, 16 * PAGE, 1);
  /* A kernel built without names has none to bring back. */
  int has_names = give_name(memory, 4 * PAGE, "first one") == 0;
  if (has_names) CHECK(give_name(shared, 4 * PAGE, "shared (deleted)") == 0);
  maps_save();
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory + PAGE, PAGE) == 0);
    if (has_names) {
      CHECK(give_name(memory + 2 * PAGE, 6 * PAGE, "another") == 0);
      CHECK(give_name(shared, PAGE, NULL) == 0);
    }
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && (why.lost & TJMP_LOST_MAPPINGS) == 0);
  maps_verify();
  verify(memory, 16 * PAGE, 1);
  return ok();
}
