/* The parent's points are not the child's: EBADF there, and a fall of the child is its death. */
#include "child.h"

int main(void) {
  struct tjmp why;
  static volatile int value = 1;
  int cd = point(&why);
  CHECK(value == 1);
  if (why.cause == TJMP_LONGJMP) return ok();
  pid_t child = fork();
  if (child == 0) {
    CHECK(tlongjmp(cd, 5) == -1 && errno == EBADF);
    CHECK(tforget(cd) == -1 && errno == EBADF);
    _exit(7);
  }
  expect_exit(child, 7);
  child = fork();
  if (child == 0) {
    fall();
    _exit(8);
  }
  expect_death(child, SIGSEGV);
  value = 2;
  tlongjmp(cd, 1);
  fail("tlongjmp came back: errno %d", errno);
}
