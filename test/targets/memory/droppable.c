/* Droppable memory holds what it held, or zeros: never what was written since. */
#include "../target.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif

int main(void) {
  struct tjmp why;
  char *memory = (char *)mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
                              MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
  /* Before Linux 6.11 there is none. */
  int has_it = memory != MAP_FAILED;
  if (has_it) fill(memory, 2 * PAGE, 1);
  point(&why);
  if (!has_it) return ok();
  if (why.cause == TJMP_SAVED || why.rollbacks < 2) {
    fill(memory, 4 * PAGE, 2);
    if (why.cause != TJMP_SAVED) CHECK(munmap(memory, 4 * PAGE) == 0);
    fall();
  }
  if (*memory != 0) verify(memory, 2 * PAGE, 1);
  verify_zero(memory + 2 * PAGE, 2 * PAGE);
  return ok();
}
