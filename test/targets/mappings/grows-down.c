/* A mapping that grows downwards goes on growing after it was unmapped and put back. */
#include "../target.h"

enum { ROOM = 600, TOP = 4 };

int main(void) {
  struct tjmp why;
  char *area = (char *)mmap(NULL, ROOM * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(area != MAP_FAILED && munmap(area, ROOM * PAGE) == 0);
  char *low = (char *)mmap(area + (ROOM - TOP) * PAGE, TOP * PAGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
  CHECK(low != MAP_FAILED);
  fill(low, TOP * PAGE, 1);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(low, TOP * PAGE) == 0);
    fall();
  }
  verify(low, TOP * PAGE, 1);
  for (size_t distance = 100; distance < 20 * PAGE; distance += 1000) *(low - distance) = 'x';
  return ok();
}
