/* Deep recursion between point and fall: the stack has its old size, and grows again. */
#include "../maps.h"

static __attribute__((noinline)) int recurse(int depth) {
  volatile char frame[4096];
  for (int index = 0; index < 4096; index += 64) frame[index] = (char)depth;
  int below = depth == 0 ? 0 : recurse(depth - 1);
  for (int index = 0; index < 4096; index += 64) CHECK(frame[index] == (char)depth);
  return below + 1;
}

int main(void) {
  struct tjmp why;
  maps_save();
  CHECK(point(&why) == 1);
  if (why.rollbacks < 3) {
    CHECK(recurse(1000) == 1001);
    fall();
  }
  maps_verify();
  CHECK(recurse(1200) == 1201);
  return ok();
}
