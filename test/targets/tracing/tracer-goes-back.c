/* belay: ; argument traceme vfork seize stopped calls */
/* Who traces others stays supervised: it makes points, and goes back to them. */
#include "tracing.h"

int main(int argc, char **argv) {
  struct tjmp why;
  static volatile int value;
  CHECK(tforget(point(NULL)) == 0 && argc == 2);
  trace(argv[1]);
  value = 1;
  point(&why);
  if (why.cause == TJMP_SAVED) {
    value = 2;
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && value == 1);
  return ok();
}
