/* belay: --every 5; argument traceme vfork attach seize stopped clone calls */
/* Points are made all the time while a program traces its own processes, again and again. */
#include "tracing.h"

int main(int argc, char **argv) {
  CHECK(tforget(point(NULL)) == 0 && argc == 2);
  int is_traced = strcmp(argv[1], "attach") == 0 || strcmp(argv[1], "clone") == 0;
  for (int index = 0; index < (is_traced ? 1 : 5); index++) {
    trace(argv[1]);
    sleep_ms(10);
  }
  return ok();
}
