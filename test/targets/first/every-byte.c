/* belay: ; argument now later */
/*
 * What the first point of much memory did not save in the stop is as it was then: written at once,
 */
#include "large.h"

enum { INSTALL = 102, SMALL = 64 };


static char *make(uint64_t seed) {
  char *memory = (char *)anonymous(SMALL * PAGE);
  fill(memory, SMALL * PAGE, seed);
  return memory;
}

int main(int argc, char **argv) {
  struct tjmp why;
  char *memory = large_memory();
  char *unforked = make(2), *wiped = make(3), *forbidden = make(4), *dropped = make(5);
  CHECK(madvise(unforked, SMALL * PAGE, MADV_DONTFORK) == 0);
  CHECK(madvise(wiped, SMALL * PAGE, MADV_WIPEONFORK) == 0);
  CHECK(mprotect(forbidden, SMALL * PAGE, PROT_NONE) == 0);
  CHECK(madvise(dropped, SMALL * PAGE / 2, MADV_DONTNEED) == 0);
  char *zeros = (char *)anonymous(SMALL * PAGE);
  verify_zero(zeros, SMALL * PAGE);
  int fd = unlinked_file(SMALL * PAGE, 6);
  char *file = (char *)mmap(NULL, SMALL * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(file != MAP_FAILED);
  fill(file, PAGE * 8, 7);
  char *guarded = (char *)anonymous(SMALL * PAGE);
  fill(guarded, SMALL * PAGE, 8);
  int has_guards = madvise(guarded, PAGE * 8, INSTALL) == 0;

  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(had_image());
    memset(memory, 1, LARGE);
    CHECK(mprotect(forbidden, SMALL * PAGE, PROT_READ | PROT_WRITE) == 0);
    char *others[] = {unforked, wiped, forbidden, dropped, zeros, file};
    for (int index = 0; index < 6; index++) memset(others[index], 1, SMALL * PAGE);
    memset(guarded + PAGE * 8, 1, (SMALL - 8) * PAGE);
    if (argc > 1 && strcmp(argv[1], "later") == 0) await_no_image();
    fall();
  }
  verify(memory, LARGE, 1);
  verify(unforked, SMALL * PAGE, 2);
  verify(wiped, SMALL * PAGE, 3);
  CHECK(mprotect(forbidden, SMALL * PAGE, PROT_READ) == 0);
  verify(forbidden, SMALL * PAGE, 4);
  verify_zero(dropped, SMALL * PAGE / 2);
  verify_zero(zeros, SMALL * PAGE);
  verify(file, PAGE * 8, 7);
  CHECK(pread(fd, guarded + PAGE * 8, PAGE, 8 * PAGE) == (ssize_t)PAGE);
  CHECK(memcmp(file + PAGE * 8, guarded + PAGE * 8, PAGE) == 0);
  char *half = make(5);
  CHECK(memcmp(half + SMALL * PAGE / 2, dropped + SMALL * PAGE / 2, SMALL * PAGE / 2) == 0);
  if (has_guards) CHECK(madvise(guarded, PAGE * 8, INSTALL + 1) == 0);
  CHECK(why.lost == 0 && why.rollbacks == 1);
  await_no_image();
  return ok();
}
