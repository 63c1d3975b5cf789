/* 2,000 mappings, half of them unmapped, replaced or hidden since the point. */
#include "../target.h"

#define COUNT 2000

int main(void) {
  struct tjmp why;
  char *list[COUNT];
  for (int index = 0; index < COUNT; index++) {
    list[index] = (char *)anonymous(2 * PAGE);
    fill(list[index], 2 * PAGE, (uint64_t)index);
    CHECK(mprotect(list[index] + PAGE, PAGE, PROT_READ) == 0);
  }
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) {
    for (int index = 0; index < COUNT; index += 6) CHECK(munmap(list[index], 2 * PAGE) == 0);
    for (int index = 2; index < COUNT; index += 6) CHECK(mprotect(list[index], PAGE, 0) == 0);
    for (int index = 4; index < COUNT; index += 6) {
      CHECK(mmap(list[index], PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
            list[index]);
    }
    fall();
  }
  for (int index = 0; index < COUNT; index++) {
    verify(list[index], 2 * PAGE, (uint64_t)index);
    fill(list[index], PAGE, 1);
  }
  return ok();
}
