/* A FILE read in part: its buffer and the descriptor's offset agree after a fall; no line twice. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  char line[32], expected[32];
  int fd = scratch_file(0, 0);
  for (int number = 0; number < 2000; number++) CHECK(dprintf(fd, "line %d\n", number) > 0);
  CHECK(lseek(fd, 0, SEEK_SET) == 0);
  FILE *file = fdopen(fd, "r");
  for (int number = 0; number < 2000; number++) {
    CHECK(fgets(line, sizeof line, file) != NULL);
    snprintf(expected, sizeof expected, "line %d\n", number);
    if (strcmp(line, expected) != 0) fail("%s instead of %s", line, expected);
    if (number % 400 != 7) continue;
    point(&why);
    if (why.rollbacks > 0) continue;
    while (fgets(line, sizeof line, file) != NULL) continue;
    fall();
  }
  CHECK(fgets(line, sizeof line, file) == NULL);
  return ok();
}
