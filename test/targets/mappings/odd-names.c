/* Files whose names hold odd bytes: their mappings, and what was written there, are the point's. */
#include "../maps.h"

static const char *const names[] = {
    "a\rb", "a\nb", "x (deleted)", "two  words", "end ", "\x1b[31m", "\xff\xfe",
    "caf\xc3\xa9", "\\012", "[vdso]", "[vsyscall]", "\x7f\x01", "r-xp 00000000 00:00 0",
};
enum { COUNT = sizeof names / sizeof *names };

static char directory[] = "/tmp/belay-target-XXXXXX";
static char *views[COUNT];

static void each_file(int is_made) {
  for (size_t index = 0; index < COUNT; index++) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, names[index]);
    if (!is_made) {
      unlink(path);
      continue;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0 && ftruncate(fd, 2 * (off_t)PAGE) == 0);
    views[index] = (char *)mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(views[index] != MAP_FAILED);
    close(fd);
  }
  if (!is_made) rmdir(directory);
}

int main(void) {
  struct tjmp why;
  CHECK(mkdtemp(directory) != NULL);
  each_file(1);
  for (size_t index = 0; index < COUNT; index++) fill(views[index], PAGE, index + 1);
  maps_save();
  int cd = tsetjmp(&why);
  if (cd <= 0) each_file(0);
  if (cd <= 0) point(&why);
  if (why.cause == TJMP_SAVED) {
    for (size_t index = 0; index < COUNT; index++) {
      if (index % 2 == 0) fill(views[index], 2 * PAGE, 100);
      else CHECK(munmap(views[index], 2 * PAGE) == 0);
    }
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  each_file(0);
  for (size_t index = 0; index < COUNT; index++) {
    verify(views[index], PAGE, index + 1);
    verify_zero(views[index] + PAGE, PAGE);
  }
  return ok();
}
