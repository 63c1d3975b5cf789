/* A point reads what is there, and fills no holes: neither those of memory that was given back to
 * the kernel, nor those of a large mapping that nobody has touched, whoever its neighbour is. */
#include "../target.h"

enum { SIZE = 24 << 20, ROUNDS = 6 };

/* How many pages are there. */
static size_t count_present(const char *start, size_t size) {
  static uint64_t entries[SIZE / 4096];
  int fd = open("/proc/self/pagemap", O_RDONLY);
  size_t bytes = size / PAGE * sizeof *entries, count = 0;
  CHECK(fd >= 0);
  CHECK(pread(fd, entries, bytes, (off_t)((uintptr_t)start / PAGE * sizeof *entries)) ==
        (ssize_t)bytes);
  close(fd);
  for (size_t page = 0; page < size / PAGE; page++) count += entries[page] >> 63;
  return count;
}

static char *map(size_t size) {
  char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  CHECK(madvise(memory, size, MADV_NOHUGEPAGE) == 0);
  return memory;
}

int main(void) {
  struct tjmp why;
  char *given_back = map(SIZE);
  /* One mapping behind the other, of other protection between: they share a piece of 2 MiB. */
  char *both = map(SIZE);
  char *second = both + SIZE / 2 + 5 * PAGE;
  CHECK(mprotect(second - PAGE, PAGE, PROT_NONE) == 0);
  *(second - 2 * PAGE) = 1;
  for (volatile int round = 0; round < ROUNDS; round++) {
    for (size_t at = 0; at < SIZE; at += PAGE) given_back[at] = 1;
    int first = point(&why);
    CHECK(madvise(given_back, SIZE, MADV_DONTNEED) == 0);
    int cd = point(&why);
    if (count_present(given_back, SIZE) > 0) fail("what was given back is there");
    if (count_present(second, SIZE / 4) > 0) fail("what nobody has touched is there");
    if (why.cause == TJMP_SAVED) fall();
    CHECK(tforget(cd) == 0 && tforget(first) == 0);
  }
  return ok();
}
