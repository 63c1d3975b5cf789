/* Initialised data, bss, heap and stack, all overwritten, are those of the point. */
#include "../target.h"

static uint64_t data[4096] = {1, 2, 3};
static uint64_t bss[4096];

int main(void) {
  struct tjmp why;
  uint64_t local[4096];
  uint64_t *heap = (uint64_t *)malloc(sizeof local);
  uint64_t *large = (uint64_t *)malloc(4 * MIB);
  fill(data, sizeof data, 1);
  fill(local, sizeof local, 3);
  fill(heap, sizeof local, 4);
  fill(large, 4 * MIB, 5);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    fill(data, sizeof data, 11);
    fill(bss, sizeof bss, 12);
    fill(local, sizeof local, 13);
    fill(heap, sizeof local, 14);
    fill(large, 4 * MIB, 15);
    fall();
  }
  verify(data, sizeof data, 1);
  verify_zero(bss, sizeof bss);
  verify(local, sizeof local, 3);
  verify(heap, sizeof local, 4);
  verify(large, 4 * MIB, 5);
  return ok();
}
