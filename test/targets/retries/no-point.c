/* belay: signal SIGSEGV */
/* Without a point a fall is a death: supervision alone changes nothing. */
#include "../target.h"

int main(void) {
  static int kept;
  keep(&kept, sizeof kept);
  ok();
  fall();
  fail("went on after a fall");
}
