/* belay: signal SIGSEGV */
/* With every point forgotten, a fall is the death that it always was. */
#include "../target.h"

int main(void) {
  int first = point(NULL);
  int second = point(NULL);
  CHECK(tforget(first) == 0 && tforget(second) == 0);
  ok();
  fall();
  fail("went on after a fall");
}
