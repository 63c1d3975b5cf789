/*
 * Holds many points: hold POINTS SIZE_MB PAGES writes PAGES other pages before each point, says
 * `ready` and stays until its input ends.
 */
#include "bench.h"
#include <belay.h>

int main(int argc, char **argv) {
  unsigned long points = argument(argc, argv, 1);
  size_t size = argument(argc, argv, 2) << 20;
  unsigned long pages = argument(argc, argv, 3);
  char *memory = map_touched(size, MAP_PRIVATE);
  memset(memory, 1, size);
  size_t next = 0;
  for (unsigned long point = 0; point < points; point++) {
    if (tsetjmp(NULL) < 0) die("tsetjmp");
    for (unsigned long page = 0; page < pages; page++) {
      memory[next] += 1;
      next = (next + 7 * PAGE) % size;
    }
  }
  puts("ready");
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
