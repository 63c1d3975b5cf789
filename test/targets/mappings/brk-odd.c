/* An end of the heap that is not on a page boundary is kept to the byte. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *block = (char *)sbrk(10001);
  CHECK(block != (void *)-1);
  memset(block, 7, 10001);
  void *end = sbrk(0);
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(sbrk(-7001) == end);
    CHECK(sbrk(123457) != (void *)-1);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  CHECK(sbrk(0) == end);
  for (int index = 0; index < 10001; index++) CHECK(block[index] == 7);
  return ok();
}
