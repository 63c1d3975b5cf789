/* Mappings made since the point are gone, wherever they are. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(8 * PAGE);
  CHECK(munmap(memory + 4 * PAGE, 2 * PAGE) == 0);
  int fd = scratch_file(PAGE, 1);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    fill(anonymous(4 * MIB), 4 * MIB, 2);
    fill(anonymous(PAGE), PAGE, 2);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
    fill(mmap(memory + 4 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), 2 * PAGE, 3);
    free(malloc(32 * MIB));
    CHECK(malloc(32 * MIB) != NULL);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  CHECK(memory[0] == 0);
  return ok();
}
