/* belay: --retries 100000 */
/* A thousand falls that each split mappings leave as many mappings as there were. */
#include "../maps.h"

enum { PAGES = 64, FALLS = 1000 };

static struct {
  uint64_t random;
  int falls;
  size_t before;
} kept = {.random = 1};

static void split(char *memory, char *file) {
  size_t first = noise(&kept.random) % PAGES;
  size_t size = (1 + noise(&kept.random) % (PAGES - first)) * PAGE;
  unsigned what = noise(&kept.random) % 8;
  char *start = (what % 2 == 0 ? memory : file) + first * PAGE;
  if (what < 2) munmap(start, size);
  else if (what < 4) mprotect(start, size, PROT_READ);
  else if (what < 6) {
    mmap(start, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  } else madvise(start, size, MADV_DONTFORK);
}

int main(void) {
  struct tjmp why;
  int fd = unlinked_file(PAGES * PAGE, 1);
  char *memory = (char *)anonymous(PAGES * PAGE);
  char *file = (char *)mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(file != MAP_FAILED);
  fill(memory, PAGES / 2 * PAGE, 2);
  keep(&kept, sizeof kept);
  maps_count();
  point(&why);
  /* Counted here: at the first point belay seals a page, which is a mapping of its own since. */
  if (kept.falls == 0) kept.before = maps_count();
  if (kept.falls++ < FALLS) {
    for (int count = 0; count < 3; count++) split(memory, file);
    fall();
  }
  size_t after = maps_count();
  if (after != kept.before) fail("%zu mappings, not %zu", after, kept.before);
  CHECK(why.lost == 0);
  verify(memory, PAGES / 2 * PAGE, 2);
  verify(file, PAGES * PAGE, 1);
  return ok();
}
