/* belay: ; argument 64 40960 */
/* Guard pages installed since the point go, what they dropped is back; removed ones are there. */
#include "../target.h"

enum { INSTALL = 102, REMOVE = 103 };

/* Whether a touch of it is SIGSEGV: asked of a child. */
static int is_guard(volatile char *page) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);
    *page = 1;
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status);
}

static int step;

int main(int argc, char **argv) {
  struct tjmp why;
  size_t pages = argc > 1 ? (size_t)atoi(argv[1]) : 64;
  char *memory = (char *)anonymous(pages * PAGE);
  char *guarded = memory + 32 * PAGE;
  fill(memory, 16 * PAGE, 1);
  int has_guards = madvise(guarded, 4 * PAGE, INSTALL) == 0;
  keep(&step, sizeof step);
  int older = point(&why);
  /* Before Linux 6.15 nobody can tell where guard pages are. */
  if (!has_guards) return ok();
  if (step == 0) {
    CHECK(madvise(memory + 2 * PAGE, 3 * PAGE, INSTALL) == 0);
    CHECK(madvise(guarded + PAGE, 2 * PAGE, REMOVE) == 0);
    fill(guarded + PAGE, 2 * PAGE, 2);
    point(&why);
    if (step++ == 0) {
      CHECK(madvise(memory, 16 * PAGE, INSTALL) == 0);
      CHECK(madvise(guarded, 4 * PAGE, REMOVE) == 0);
      fill(guarded, PAGE, 3);
      fall();
    }
    CHECK(is_guard(memory + 2 * PAGE) && is_guard(memory + 4 * PAGE) && !is_guard(memory));
    CHECK(is_guard(guarded) && !is_guard(guarded + PAGE) && is_guard(guarded + 3 * PAGE));
    verify(guarded + PAGE, 2 * PAGE, 2);
    tlongjmp(older, 1);
  }
  verify(memory, 16 * PAGE, 1);
  for (int index = 0; index < 4; index++) CHECK(is_guard(guarded + index * PAGE));
  CHECK(!is_guard(guarded - PAGE) && !is_guard(guarded + 4 * PAGE));
  CHECK(why.lost == 0);
  return ok();
}
