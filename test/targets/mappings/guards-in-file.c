/* Guard pages over protected pages of a private file mapping are installed, by the program and by a
 * rollback: Linux 6.18 goes round for ever there. What they dropped is back. */
#include "../target.h"

enum { INSTALL = 102, REMOVE = 103, PAGES = 16 };

static int is_guard(volatile char *page) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);
    _exit(*page & 0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status);
}

static int step;

int main(void) {
  struct tjmp why;
  int fd = unlinked_file(PAGES * PAGE, 1);
  char *view = (char *)mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(view != MAP_FAILED);
  /* Before Linux 6.15 mappings of files have none. */
  int has_guards = madvise(view, PAGE, INSTALL) == 0;
  fill(view + 2 * PAGE, 2 * PAGE, 2);
  keep(&step, sizeof step);
  int older = point(&why);
  if (!has_guards) return ok();
  if (step == 0) {
    /* One was written, one never touched; part of the range is not watched yet. */
    CHECK(madvise(view + 2 * PAGE, PAGE, INSTALL) == 0);
    CHECK(mmap(view + 14 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED);
    CHECK(madvise(view + 10 * PAGE, 6 * PAGE, INSTALL) == 0);
    CHECK(madvise(view, PAGE, REMOVE) == 0);
    view[0] = 1;
    int newer = point(&why);
    if (step++ == 0) tlongjmp(newer, 1);
    CHECK(is_guard(view + 2 * PAGE) && is_guard(view + 10 * PAGE) && is_guard(view + 15 * PAGE));
    CHECK(!is_guard(view) && !is_guard(view + 3 * PAGE) && view[0] == 1);
    tlongjmp(older, 1);
  }
  CHECK(why.cause == TJMP_LONGJMP && why.lost == 0);
  CHECK(is_guard(view) && !is_guard(view + PAGE));
  verify(view + 2 * PAGE, 2 * PAGE, 2);
  CHECK(!is_guard(view + 10 * PAGE) && !is_guard(view + 15 * PAGE));
  return ok();
}
