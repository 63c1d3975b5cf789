/* 60 rounds of random writes over 32 MB, a fall in each: every byte is that of the point. */
#include "../target.h"

#define PAGES 8192
static uint64_t versions[PAGES];

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(PAGES * PAGE);
  for (int page = 0; page < PAGES; page++) fill(memory + (size_t)page * PAGE, PAGE, 0);
  for (volatile int round = 1; round <= 60; round++) {
    uint64_t state = (uint64_t)round;
    for (int write = 0; write < 100; write++) {
      size_t page = noise(&state) % PAGES;
      versions[page] = noise(&state);
      fill(memory + page * PAGE, PAGE, versions[page]);
    }
    CHECK(point(&why) == round);
    if (why.cause == TJMP_SAVED) {
      for (int write = 0; write < 50 * round; write++) {
        memory[noise(&state) % (PAGES * PAGE)] ^= (char)0xFF;
      }
      fall();
    }
    for (size_t page = 0; page < PAGES; page += round % 10 == 0 ? 1 : 17) {
      verify(memory + page * PAGE, PAGE, versions[page]);
    }
  }
  return ok();
}
