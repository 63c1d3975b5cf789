/* belay: --every 5 */
/* Computing, allocating and printing to a file under points every 5 ms: the same result. */
#include "blocking.h"

static uint64_t compute(void) {
  uint64_t state = 1, sum = 0;
  FILE *file = tmpfile();
  CHECK(file != NULL);
  for (int round = 0; round < 3000; round++) {
    size_t size = 8 + noise(&state) % 20000 / 8 * 8;
    char *block = (char *)malloc(size);
    fill(block, size, state);
    for (size_t index = 0; index < size; index++) sum = sum * 31 + (unsigned char)block[index];
    CHECK(fprintf(file, "%" PRIu64 "\n", sum) > 0);
    free(block);
  }
  CHECK(ftell(file) > 3000);
  fclose(file);
  return sum;
}

int main(void) {
  CHECK(tforget(point(NULL)) == 0);
  uint64_t first = compute();
  for (int round = 0; round < 15; round++) CHECK(compute() == first);
  return ok();
}
