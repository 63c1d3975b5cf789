/* belay: argument removed unmapped */
/* Guard pages in memory that was locked over them come back, and the memory is locked as it was:
 * at once, or when it is touched. */
#include "../smaps.h"
#include "../target.h"

enum { INSTALL = 102, REMOVE = 103, PAGES = 16, FIRST = 4, COUNT = 3 };

/* Whether it can be read: the kernel does it, and answers EFAULT for a guard page. */
static int is_guard(const char *page) {
  static int ends[2] = {-1, -1};
  if (ends[0] < 0) CHECK(pipe(ends) == 0);
  char byte;
  if (write(ends[1], page, 1) == 1) return read(ends[0], &byte, 1) != 1;
  CHECK(errno == EFAULT);
  return 1;
}

static char *make(unsigned flags) {
  char *memory = (char *)anonymous(PAGES * PAGE);
  fill(memory, PAGES * PAGE, 1);
  if (madvise(memory + FIRST * PAGE, COUNT * PAGE, INSTALL) != 0) return NULL;
  CHECK(syscall(SYS_mlock2, memory, PAGES * PAGE, flags) == 0 || errno == ENOMEM);
  return memory;
}

static void verify_guards(const char *memory) {
  for (int page = 0; page < PAGES; page++) {
    int expected = page >= FIRST && page < FIRST + COUNT;
    if (is_guard(memory + page * (int)PAGE) != expected) fail("page %d is not so", page);
  }
  verify(memory, FIRST * PAGE, 1);
}

int main(int argc, char **argv) {
  struct tjmp why;
  char before[2][128], after[2][128];
  CHECK(argc == 2);
  char *memory[2] = {make(0), make(MLOCK_ONFAULT)};
  smaps_read();
  for (int index = 0; index < 2; index++) {
    if (memory[index] != NULL) smaps_flags(memory[index], before[index]);
  }
  point(&why);
  /* Before Linux 6.13 there are none, and until 6.15 nobody can tell where they are. */
  if (memory[0] == NULL || memory[1] == NULL) return ok();
  if (why.cause == TJMP_SAVED) {
    for (int index = 0; index < 2; index++) {
      char *guards = memory[index] + FIRST * PAGE;
      if (strcmp(argv[1], "unmapped") == 0) CHECK(munmap(memory[index], PAGES * PAGE) == 0);
      else CHECK(madvise(guards, COUNT * PAGE, REMOVE) == 0 && (guards[PAGE] = 'b'));
    }
    fall();
  }
  CHECK(why.lost == 0);
  smaps_read();
  for (int index = 0; index < 2; index++) {
    verify_guards(memory[index]);
    smaps_flags(memory[index], after[index]);
    if (strcmp(before[index], after[index]) != 0) fail("%s, not %s", after[index], before[index]);
  }
  return ok();
}
