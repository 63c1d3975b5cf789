/* A kept range over many pages, from the middle of one to the middle of another. */
#include "../target.h"

static unsigned char block[8 * 4096] __attribute__((aligned(4096)));

int main(void) {
  struct tjmp why;
  memset(block, 1, sizeof block);
  keep(block + 4000, 3 * PAGE);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    memset(block, 2, sizeof block);
    fall();
  }
  for (size_t index = 0; index < sizeof block; index++) {
    int kept = index >= 4000 && index < 4000 + 3 * PAGE;
    if (block[index] != (kept ? 2 : 1)) fail("byte %zu is %d", index, block[index]);
  }
  return ok();
}
