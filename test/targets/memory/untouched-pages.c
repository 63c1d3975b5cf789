/* Pages first touched after the point are untouched again: zero, and no memory spent on them. */
#include "../target.h"

static uint64_t pages_resident(void) {
  unsigned long size, resident;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL && fscanf(file, "%lu %lu", &size, &resident) == 2);
  fclose(file);
  return resident;
}

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(64 * MIB);
  fill(memory + 32 * MIB, PAGE, 1);
  uint64_t before = pages_resident();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    fill(memory, 64 * MIB, 2);
    fall();
  }
  uint64_t after = pages_resident();
  if (after > before + 1000) fail("%" PRIu64 " pages resident, %" PRIu64 " before", after, before);
  verify(memory + 32 * MIB, PAGE, 1);
  verify_zero(memory, 32 * MIB);
  verify_zero(memory + 32 * MIB + PAGE, 32 * MIB - PAGE);
  return ok();
}
