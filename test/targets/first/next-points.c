/* belay: ; argument written forgotten grown */
/*
 * Points before and behind one that is still being copied: each is what it was. `written`: the next
 * comes at once; `forgotten`: and the first one goes; `grown`: there was a point before there was
 * much memory.
 */
#include "large.h"

static int step;

int main(int argc, char **argv) {
  struct tjmp why;
  const char *kind = argc > 1 ? argv[1] : "written";
  int is_grown = strcmp(kind, "grown") == 0;
  keep(&step, sizeof step);
  begun_with = count_switches();
  char *memory = is_grown ? (char *)anonymous(PAGE) : large_memory();
  fill(memory, PAGE, 1);
  int older = point(&why);
  if (step == 2) {
    verify(memory, is_grown ? PAGE : LARGE, 1);
    return ok();
  }
  CHECK(is_grown || had_image());
  char *later = is_grown ? (char *)anonymous(LARGE) : memory;
  fill(later, LARGE / 2, 2);
  fill(later + LARGE / 2, LARGE / 2, 3);
  point(&why);
  if (step == 0) {
    step = 1;
    CHECK(is_grown ? had_image() : find_image() == 0);
    if (strcmp(kind, "forgotten") == 0) CHECK(tforget(older) == 0);
    memset(later, 1, LARGE);
    fall();
  }
  verify(later, LARGE / 2, 2);
  verify(later + LARGE / 2, LARGE / 2, 3);
  if (strcmp(kind, "forgotten") == 0) return ok();
  step = 2;
  memset(later, 1, LARGE);
  tlongjmp(older, 1);
  fail("it went on");
}
