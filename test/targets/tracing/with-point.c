/* belay: ; argument traceme vfork attach seize stopped clone calls */
/* A program that has gone back to a point, and still has it, traces its own processes. */
#include "tracing.h"

int main(int argc, char **argv) {
  struct tjmp why;
  static volatile int value = 1;
  point(&why);
  CHECK(value == 1 && argc == 2);
  value = 2;
  if (why.cause == TJMP_SAVED) fall();
  trace(argv[1]);
  return ok();
}
