/* belay: --retries 100000 */
/*
 * Falls that tear holes into the mappings of a file that nobody has open any more, as a library's
 * are, leave as many mappings as there were: what is mapped again joins its neighbours.
 */
#include "../maps.h"

enum { PAGES = 64, READ_ONLY = 16, FALLS = 300 };

static struct {
  uint64_t random;
  int falls;
  size_t before;
} kept = {.random = 1};

/* The first page stays: from it the rest can be had. */
static void tear(char *file) {
  size_t first = 1 + noise(&kept.random) % (PAGES - 1);
  size_t size = (1 + noise(&kept.random) % (PAGES - first)) * PAGE;
  unsigned what = noise(&kept.random) % 4;
  char *start = file + first * PAGE;
  if (what < 2) munmap(start, size);
  else if (what == 2) mprotect(start, size, PROT_READ | PROT_EXEC);
  else mmap(start, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

int main(void) {
  struct tjmp why;
  int fd = scratch_file(PAGES * PAGE, 1);
  char *file = (char *)mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  char *written = file + (PAGES - 1) * PAGE;
  CHECK(file != MAP_FAILED && close(fd) == 0);
  CHECK(mprotect(file + READ_ONLY * PAGE, (PAGES - READ_ONLY) * PAGE, PROT_READ | PROT_WRITE) == 0);
  char *copy = (char *)anonymous(PAGES * PAGE);
  fill(written, PAGE, 2);
  memcpy(copy, file, PAGES * PAGE);
  keep(&kept, sizeof kept);
  maps_count();
  maps_save();
  point(&why);
  if (kept.falls == 0) kept.before = maps_count();
  if (kept.falls++ < FALLS) {
    memset(written - PAGE, kept.falls, PAGE);
    for (int count = 0; count < 2; count++) tear(file);
    fall();
  }
  size_t after = maps_count();
  if (after != kept.before) fail("%zu mappings, not %zu", after, kept.before);
  CHECK(why.lost == 0);
  maps_verify();
  CHECK(memcmp(copy, file, PAGES * PAGE) == 0);
  memset(file + READ_ONLY * PAGE, 3, PAGE);
  return ok();
}
