/* A memfd that is nowhere mapped goes back, and one whose size ends within a page, with what its
 * mapping shows behind its end. */
#include "shared.h"

int main(void) {
  struct tjmp why;
  char text[64] = "";
  int fd = memory_file(0), odd = memory_file(100);
  CHECK(write(fd, "first", 5) == 5 && pwrite(odd, "odd", 3, 97) == 3);
  char *memory = map_shared(odd, PAGE);
  strcpy(memory + 200, "behind");
  int cd = point(&why);
  if (why.rollbacks == 0) {
    strcpy(memory + 200, "later");
    CHECK(write(fd, " second", 7) == 7 && pwrite(fd, "F", 1, 0) == 1);
    CHECK(ftruncate(odd, 3 * PAGE) == 0 && pwrite(odd, "even", 4, 90) == 4);
    tlongjmp(cd, 1);
  }
  CHECK((why.lost & TJMP_LOST_SHARED) == 0 && size_of(fd) == 5 && size_of(odd) == 100);
  CHECK(pread(fd, text, sizeof text, 0) == 5 && memcmp(text, "first", 5) == 0);
  CHECK(memcmp(memory + 90, "\0\0\0\0\0\0\0odd", 10) == 0);
  CHECK(strcmp(memory + 200, "behind") == 0);
  CHECK(write(fd, "!", 1) == 1 && size_of(fd) == 6);
  return ok();
}
