/* belay: ; argument traceme vfork attach seize stopped clone calls */
/* A program that has no point traces its own processes. */
#include "tracing.h"

int main(int argc, char **argv) {
  CHECK(tforget(point(NULL)) == 0 && argc == 2);
  trace(argv[1]);
  return ok();
}
