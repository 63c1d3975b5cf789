/* Pages shared copy-on-write with a child stay shared: a point reads them and unshares nothing. */
#include "../target.h"

enum { SIZE = 16 << 20 };

/* The memory that counts as ours alone: what is shared counts half. */
static long proportional_kb(void) {
  static char text[8192];
  int fd = open("/proc/self/smaps_rollup", O_RDONLY);
  CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
  close(fd);
  char *line = strstr(text, "\nPss:");
  CHECK(line != NULL);
  return strtol(line + 5, NULL, 10);
}

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(SIZE);
  madvise(memory, SIZE, MADV_NOHUGEPAGE);
  fill(memory, SIZE, 1);
  proportional_kb();
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    for (;;) pause();
  }
  int cd = tsetjmp(NULL);
  int error = errno;
  long before = proportional_kb();
  if (cd > 0) {
    /* A quarter is the program's own now. */
    fill(memory, SIZE / 4, 1);
    cd = tsetjmp(NULL);
  }
  long after = proportional_kb();
  kill(child, SIGKILL);
  CHECK(waitpid(child, NULL, 0) == child);
  errno = error;
  if (cd <= 0) point(&why);
  long limit = SIZE / 1024 * 3 / 4;
  if (before > limit) fail("%ld kB after the first point, not %ld", before, limit);
  if (after > limit) fail("%ld kB after the second point, not %ld", after, limit);
  return ok();
}
